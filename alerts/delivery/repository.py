"""The rows of a delivery: one per alert, step, recipient and channel, with its attempts."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from alerts import gather
from alerts.gathering import repository as gathering
from alerts.policy import Channel, thaw
from alerts.tables import Delivery, DeliveryAttempt, Step
from core import outbox
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.tables import Alert


TEST_CHANNEL = "test"  # of what concerns the synthetic person; no policy can name it


class DeliveryState(StrEnum):
    """What is known of a delivery (REL-13)."""

    WAITING = "waiting"
    HANDED_OVER = "handed-over"
    DELIVERED = "delivered"
    FAILED = "failed"
    REROUTED = "rerouted"
    CANCELLED = "cancelled"
    IN_DIGEST = "in-digest"  # waits for its recipient's next digest (AL-17)


class Target(NamedTuple):
    """Whom a delivery is for, as a key without a name, and by which channel."""

    recipient: str
    channel: str


def add(session: Session, alert: Alert, step: Step, to: Target, *, now: datetime) -> bool:
    """Write the delivery of a step to a recipient once; return whether it is new (I4).

    What the inbox shows is delivered by being stored; the rest is work for the outbox, in
    the same transaction (REL-02).
    """
    shown = to.channel == Channel.INBOX
    identity = session.scalar(
        insert(Delivery)
        .values(
            id=uuid4(),
            alert_id=alert.id,
            patient_id=alert.patient_id,
            step_id=step.id,
            recipient=to.recipient,
            channel=to.channel,
            severity=alert.severity,
            state=DeliveryState.DELIVERED if shown else DeliveryState.WAITING,
            public_id=secrets.token_hex(5),
            attempts=0,
            created_at=now,
            delivered_at=now if shown else None,
        )
        .on_conflict_do_nothing(index_elements=["alert_id", "step_id", "recipient", "channel"])
        .returning(Delivery.id)
    )
    if identity and not shown:
        due = leaves_at(alert, step, to.channel, now=now)
        outbox.offer(
            session,
            outbox.Topic.DELIVER,
            identity,
            now=now,
            priority=priority(alert.severity),
            not_before=due,
        )
        if due <= now:
            gathering.send_on(session, alert.patient_id, to, severity=alert.severity, now=now)
    return identity is not None


def send_again(session: Session, alert: Alert, among: Iterable[UUID], *, now: datetime) -> None:
    """Let the messages of these steps that went stale wait again: the act that did it is undone.

    What an inbox shows is never stale: what is cancelled of it was told in a digest.
    """
    query = (
        select(Delivery, Step)
        .join(Step, Step.id == Delivery.step_id)
        .where(
            Step.id.in_(list(among)),
            Delivery.state == DeliveryState.CANCELLED,
            Delivery.channel != Channel.INBOX,
        )
        .with_for_update(of=Delivery)
    )
    for delivery, step in session.execute(query):
        delivery.state = DeliveryState.WAITING
        outbox.offer(
            session,
            outbox.Topic.DELIVER,
            delivery.id,
            now=now,
            priority=priority(delivery.severity),
            not_before=leaves_at(alert, step, delivery.channel, now=now),
        )


def leaves_at(alert: Alert, step: Step, channel: str, *, now: datetime) -> datetime:
    """Return when a step's message goes out, if nothing graver takes it along before (AL-09).

    Counted from when the step acted: what goes another way after that has waited already.
    """
    policy = thaw(alert.policy)
    wait = policy.tiers[Severity(alert.severity)].gather
    began = (step.fired_at or now).astimezone(policy.site.clock)
    return max(now, gather.until(step.reason, channel, wait, policy.batches, now=began))


def began(session: Session, alert: Alert, step: Step, delivery: Delivery) -> datetime:
    """Return since when a message is overdue: the time it gathered others in is not lost.

    What was taken along or sent on before its time counts from its first try.
    """
    due = leaves_at(alert, step, delivery.channel, now=delivery.created_at)
    tried = select(func.min(DeliveryAttempt.at)).where(DeliveryAttempt.delivery_id == delivery.id)
    return min(due, session.scalar(tried) or due)


def priority(severity: str) -> int:
    """Return the outbox priority: a RED goes before everything."""
    return outbox.Priority.CRITICAL if severity == "RED" else outbox.Priority.NORMAL


def show(session: Session, alert: Alert, step: Step, *, recipient: str, now: datetime) -> None:
    """Put a step in a recipient's inbox where its own channel failed it."""
    add(session, alert, step, Target(recipient, Channel.INBOX), now=now)


def used(session: Session, step: Step, recipient: str) -> set[Channel]:
    """Return the channels by which a recipient was, or is being, told of a step."""
    query = select(Delivery.channel).where(
        Delivery.step_id == step.id, Delivery.recipient == recipient
    )
    return {Channel(each) for each in session.scalars(query)}


def told_just_now(session: Session, step: Step, to: Target) -> bool:
    """Return whether a step that was due together with this one tells the same by the same."""
    beside = (
        select(Delivery.id)
        .join(Step, Step.id == Delivery.step_id)
        .where(
            Delivery.alert_id == step.alert_id,
            Delivery.recipient == to.recipient,
            Delivery.channel == to.channel,
            Step.id != step.id,
            Step.fence == step.fence,
            Step.due_at == step.due_at,
        )
    )
    return session.scalar(beside.limit(1)) is not None


def add_attempt(
    session: Session, delivery: Delivery, *, now: datetime, code: str, again: datetime | None
) -> None:
    """Count a try and keep how it ended; an empty code is a success."""
    delivery.attempts += 1
    delivery.next_try_at = again
    session.add(
        DeliveryAttempt(
            delivery_id=delivery.id,
            number=delivery.attempts,
            at=now,
            outcome="failed" if code else "handed-over",
            code=code,
            next_try_at=again,
        )
    )
    session.flush()


def told(session: Session, alert_id: UUID) -> list[tuple[str, str]]:
    """Return (recipient, channel) of everybody who was told, once each."""
    query = (
        select(Delivery.recipient, Delivery.channel)
        .where(
            Delivery.alert_id == alert_id,
            Delivery.state.in_([DeliveryState.HANDED_OVER, DeliveryState.DELIVERED]),
        )
        .distinct()
        .order_by(Delivery.recipient, Delivery.channel)
    )
    return [(row.recipient, row.channel) for row in session.execute(query)]


def acted_on(session: Session, alert_id: UUID, recipients: Iterable[str], *, now: datetime) -> None:
    """Note that somebody acted on what they were told."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.alert_id == alert_id,
            Delivery.recipient.in_(list(recipients)),
            Delivery.acted_on_at.is_(None),
        )
        .values(acted_on_at=now)
    )


def seen(session: Session, public_id: str, keys: Iterable[str], *, now: datetime) -> None:
    """Note that a message's link was opened by one of those whom it was for (REL-13)."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.public_id == public_id,
            Delivery.recipient.in_(list(keys)),
            Delivery.seen_at.is_(None),
        )
        .values(seen_at=now)
    )
