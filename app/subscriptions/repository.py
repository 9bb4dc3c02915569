"""The rows of subscriptions: a client's own, those that an alert concerns, what is due."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, or_, select, text, update

from alerts.repository import CHANGES
from alerts.tables import Alert, AlertEvent
from app.subscriptions.notification import Event, Standing
from app.subscriptions.tables import Subscription, SubscriptionAttempt, SubscriptionNotice
from app.subscriptions.wanted import TOPICS, topic_url
from core import outbox
from core.outbox import Topic
from core.sealing import keyring_of
from ingest.repository import one_person, visible_to
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.orm import Session

    from app.subscriptions.outcome import Reply
    from core.security import Caller

LIVE = ("requested", "active", "error")


@dataclass(frozen=True, slots=True)
class Sealed:
    """What of a subscription could tell a stranger something: opened for its owner and to send.

    `secrets` are (secret, until when it still signs); the first is the newest and has no end.
    """

    resource: dict[str, Any] = field(repr=False)
    endpoint: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    secrets: tuple[tuple[str, str], ...] = field(repr=False)

    def signing(self, now: datetime) -> list[str]:
        """Return the secrets that sign at this moment."""
        return [s for s, until in self.secrets if not until or datetime.fromisoformat(until) > now]


def seal(session: Session, id_: UUID, sealed: Sealed) -> bytes:
    """Return the bytes to store."""
    facts = [sealed.resource, sealed.endpoint, sealed.headers, sealed.secrets]
    plain = json.dumps(facts, ensure_ascii=False, default=str).encode()
    return keyring_of(session).seal(plain, place=f"subscription.sealed/{id_}")


def unseal(session: Session, row: Subscription) -> Sealed:
    """Return what was stored."""
    plain = keyring_of(session).open(row.sealed, place=f"subscription.sealed/{row.id}")
    resource, endpoint, headers, secrets = json.loads(plain)
    return Sealed(
        resource, endpoint, tuple((n, v) for n, v in headers), tuple((s, u) for s, u in secrets)
    )


def own(session: Session, client_id: UUID | None, id_: UUID) -> Subscription | None:
    """Return a client's own subscription, a deleted one too, locked."""
    return session.scalar(
        select(Subscription)
        .where(Subscription.id == id_, Subscription.client_id == client_id)
        .with_for_update()
    )


def of_client(session: Session, client_id: UUID | None) -> Sequence[Subscription]:
    """Return a client's subscriptions, the oldest first."""
    return session.scalars(
        select(Subscription)
        .where(Subscription.client_id == client_id, Subscription.deleted_at.is_(None))
        .order_by(Subscription.created_at, Subscription.id)
    ).all()


def concerned(session: Session, alert: Alert) -> Sequence[tuple[Subscription, Client]]:
    """Return the live subscriptions that an alert fits, locked, each with its client.

    Who follows one record of a person that was merged follows the person.
    """
    person = one_person(session, alert.patient_id)
    rows = session.execute(
        select(Subscription, Client)
        .join(Client, Client.id == Subscription.client_id)
        .where(
            Subscription.status.in_(LIVE),
            or_(Subscription.patient_id.is_(None), Subscription.patient_id.in_(person)),
        )
        .order_by(Subscription.id)
        .with_for_update(of=Subscription)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1]) for row in rows]


def untold(session: Session, row: Subscription, alert: Alert) -> Sequence[AlertEvent]:
    """Return what happened to an alert since the subscription began and has no number yet."""
    told = select(SubscriptionNotice.alert_event_id).where(
        SubscriptionNotice.subscription_id == row.id, SubscriptionNotice.alert_id == alert.id
    )
    return session.scalars(
        select(AlertEvent)
        .where(
            AlertEvent.alert_id == alert.id,
            AlertEvent.kind.in_(CHANGES),
            AlertEvent.at >= row.created_at,
            AlertEvent.id.not_in(told),
        )
        .order_by(AlertEvent.id)
    ).all()


def add_event(session: Session, row: Subscription, event: AlertEvent, *, now: datetime) -> None:
    """Give an event the next number of a subscription, and make it due."""
    row.events += 1
    session.add(
        SubscriptionNotice(
            subscription_id=row.id,
            kind="event-notification",
            number=row.events,
            alert_id=event.alert_id,
            alert_event_id=event.id,
            at=event.at,
        )
    )
    session.flush()
    outbox.offer(session, Topic.NOTIFY, row.id, now=now)


def add_signal(session: Session, row: Subscription, kind: str, *, now: datetime) -> None:
    """Make a handshake or a heartbeat due."""
    session.add(SubscriptionNotice(id=uuid4(), subscription_id=row.id, kind=kind, at=now))
    session.flush()
    outbox.offer(session, Topic.NOTIFY, row.id, now=now)


def next_due(session: Session, row: Subscription) -> SubscriptionNotice | None:
    """Return what goes first: a handshake, then events in their order, then a heartbeat."""
    first = (
        (SubscriptionNotice.kind != "handshake"),
        SubscriptionNotice.number.asc().nulls_last(),
        SubscriptionNotice.at,
    )
    return session.scalar(
        select(SubscriptionNotice)
        .where(SubscriptionNotice.subscription_id == row.id, SubscriptionNotice.sent_at.is_(None))
        .order_by(*first)
        .limit(1)
    )


def forget_signals(session: Session, row: Subscription) -> None:
    """Delete handshakes and heartbeats that were not taken: something newer stands for them."""
    unsent = (
        SubscriptionNotice.subscription_id == row.id,
        SubscriptionNotice.number.is_(None),
        SubscriptionNotice.sent_at.is_(None),
    )
    ids = select(SubscriptionNotice.id).where(*unsent)
    session.execute(delete(SubscriptionAttempt).where(SubscriptionAttempt.notice_id.in_(ids)))
    session.execute(delete(SubscriptionNotice).where(*unsent))


def forget(session: Session, notice: SubscriptionNotice) -> None:
    """Delete an event that may not be told any more; where it may be again, it has a new number."""
    mine = SubscriptionAttempt.notice_id == notice.id
    session.execute(delete(SubscriptionAttempt).where(mine))
    session.delete(notice)
    session.flush()


def in_sight(session: Session, caller: Caller, alerts: Collection[UUID]) -> set[UUID]:
    """Return those of some alerts whose patients a client may see now."""
    seen = Alert.patient_id.in_(visible_to(caller))
    return set(session.scalars(select(Alert.id).where(Alert.id.in_(alerts), seen)))


def begin_again(session: Session, row: Subscription) -> None:
    """Let what waits be tried as if for the first time."""
    session.execute(
        update(SubscriptionNotice)
        .where(SubscriptionNotice.subscription_id == row.id, SubscriptionNotice.sent_at.is_(None))
        .values(attempts=0)
    )
    row.failures, row.next_try_at, row.error = 0, None, ""


def add_attempt(
    session: Session, notice: SubscriptionNotice, reply: Reply, *, now: datetime
) -> SubscriptionAttempt:
    """Count a try and keep how it ended."""
    notice.attempts += 1
    query = select(func.coalesce(func.max(SubscriptionAttempt.number), 0)).where(
        SubscriptionAttempt.notice_id == notice.id
    )
    number = (session.scalar(query) or 0) + 1
    attempt = SubscriptionAttempt(notice_id=notice.id, number=number, at=now, code=reply.code)
    session.add(attempt)
    return attempt


def claim(session: Session, id_: UUID) -> bool:
    """Return whether this transaction is the one that sends for a subscription, until it ends.

    Not the row's own lock: events are counted while a slow receiver keeps us waiting.
    """
    key = int.from_bytes(id_.bytes[:8], "big", signed=True)
    return bool(session.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": key}))


def events(
    session: Session, row: Subscription, *, since: int, until: int
) -> list[tuple[Event, UUID | None]]:
    """Return numbered events, both ends included, each with its alert."""
    rows = session.scalars(
        select(SubscriptionNotice)
        .where(
            SubscriptionNotice.subscription_id == row.id,
            SubscriptionNotice.number.between(since, until),
        )
        .order_by(SubscriptionNotice.number)
    )
    return [(event_of(row, each), each.alert_id) for each in rows]


def event_of(row: Subscription, notice: SubscriptionNotice) -> Event:
    """Return a numbered message as the event that it tells of."""
    return Event(notice.number or 0, notice.at, f"{TOPICS[row.topic]}/{notice.alert_id}")


def standing(row: Subscription, base: str, *, content: str = "") -> Standing:
    """Return how a subscription stands."""
    return Standing(
        id=row.id,
        base=base,
        topic=topic_url(base, row.topic),
        status=row.status,
        content=content or row.content,
        events=row.events,
        error=row.error,
    )


def ended(session: Session, *, now: datetime) -> Iterable[Subscription]:
    """Return the live subscriptions whose time is over, or whose client was disabled."""
    return session.scalars(
        select(Subscription)
        .join(Client, Client.id == Subscription.client_id)
        .where(Subscription.status.in_(LIVE), or_(Subscription.ends_at <= now, Client.disabled))
        .with_for_update(of=Subscription, skip_locked=True)
    )


def quiet(session: Session, *, now: datetime) -> Iterable[Subscription]:
    """Return the active subscriptions whose receiver is owed a sign of life."""
    unsent = select(SubscriptionNotice.id).where(
        SubscriptionNotice.subscription_id == Subscription.id, SubscriptionNotice.sent_at.is_(None)
    )
    last = func.coalesce(Subscription.last_try_at, Subscription.updated_at)
    period = func.coalesce(Subscription.heartbeat_seconds, 0) * timedelta(seconds=1)
    return session.scalars(
        select(Subscription)
        .where(
            Subscription.status == "active",
            Subscription.heartbeat_seconds.is_not(None),
            last + period <= now,
            ~unsent.exists(),
        )
        .with_for_update(skip_locked=True)
    )
