"""The rows of messages that wait for company: found, sent on early, taken along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from alerts.tables import Alert, Delivery, Step
from core.outbox import Outbox, State, Topic
from core.vitals import Severity
from ingest.repository import one_person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from alerts.delivery.repository import Target

WAITING = "waiting"  # `DeliveryState.WAITING`, whose home stands on this file


def _gathers(session: Session, patient_id: UUID) -> ColumnElement[bool]:
    """Say which messages about a person were never tried: what waits for a repeat does not."""
    mine = _about(session, patient_id)
    return mine & (Delivery.state == WAITING) & (Delivery.attempts == 0)


def _about(session: Session, patient_id: UUID) -> ColumnElement[bool]:
    alerts = select(Alert.id).where(Alert.patient_id.in_(one_person(session, patient_id)))
    return Delivery.alert_id.in_(alerts)


def send_on(
    session: Session, patient_id: UUID, but: Target, *, severity: str, now: datetime
) -> None:
    """Let every message about a person go out now: one of this severity waits for nothing.

    But for those that it takes along: to its own recipient by its own channel, and none graver.
    """
    others = ~_joins(*but, severity)
    work = select(Delivery.id).where(_gathers(session, patient_id), others)
    session.execute(
        update(Outbox)
        .where(
            Outbox.topic == Topic.DELIVER,
            Outbox.state == State.OPEN,
            Outbox.subject_id.in_(work),
            Outbox.next_try_at > now,
        )
        .values(next_try_at=now)
        .execution_options(synchronize_session=False)
    )


def _joins(recipient: str, channel: str, severity: str) -> ColumnElement[bool]:
    """Say which messages may leave with one: to the same, the same way, and none graver.

    A message names one severity, its own: what it took along of a higher would be hidden by it.
    """
    rank = Severity(severity).rank
    return (
        (Delivery.recipient == recipient)
        & (Delivery.channel == channel)
        & Delivery.severity.in_([each for each in Severity if each.rank <= rank])
    )


def _beside(sent: Delivery) -> ColumnElement[bool]:
    return _joins(sent.recipient, sent.channel, sent.severity)


def company(session: Session, patient_id: UUID, beside: Delivery) -> Sequence[UUID]:
    """Return the alerts whose messages could leave with this one."""
    query = select(Delivery.alert_id).where(
        _gathers(session, patient_id),
        Delivery.id != beside.id,
        Delivery.alert_id != beside.alert_id,
        _beside(beside),
    )
    return session.scalars(query.distinct().order_by(Delivery.alert_id)).all()


def of_alert(session: Session, alert: Alert, beside: Delivery) -> Sequence[Delivery]:
    """Return an alert's messages that still hold and leave with this one; the caller locked it."""
    query = (
        select(Delivery)
        .join(Step, Step.id == Delivery.step_id)
        .where(
            Delivery.alert_id == alert.id,
            Delivery.state == WAITING,
            Delivery.attempts == 0,
            _beside(beside),
            Step.fence == alert.fence,
        )
        .with_for_update(of=Delivery, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).all()


def taken_along(session: Session, patient_id: UUID, by: Delivery) -> Sequence[UUID]:
    """Return the messages that left with another, in one order: each of their alerts is locked."""
    query = select(Delivery.id).where(_about(session, patient_id), Delivery.sent_with == by.id)
    return session.scalars(query.order_by(Delivery.alert_id, Delivery.id)).all()
