"""Finds alerts without a next step, steps that were not tried, messages that nobody sends."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.delivery.repository import DeliveryState
from alerts.escalation import Kind, StepState
from alerts.lifecycle import LIVE, State
from alerts.tables import Alert, Delivery, Step
from core import outbox
from core.outbox import Outbox, Topic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

RECENT = timedelta(days=1)
TIMERS = (Kind.EXPIRE, Kind.LAPSE, Kind.WAKE, Kind.RETURN)


def stranded(session: Session, alert_id: UUID | None = None) -> Sequence[UUID]:
    """Return the live alerts, or one of them, for which nothing is due, ever (I5)."""
    next_step = select(Step.id).where(
        Step.alert_id == Alert.id, Step.fence == Alert.fence, Step.state == StepState.WAITING
    )
    query = select(Alert.id).where(Alert.state.in_(LIVE), ~next_step.exists())
    if alert_id is not None:
        query = query.where(Alert.id == alert_id)
    return session.scalars(query.order_by(Alert.id)).all()


def unaddressed(session: Session) -> int:
    """Return how many acknowledged alerts are owned by nobody (I5)."""
    query = select(func.count()).where(
        Alert.state == State.ACKNOWLEDGED,
        Alert.owner_id.is_(None),
        Alert.owner_team_id.is_(None),
    )
    return session.scalar(query) or 0


def untried(session: Session, *, before: datetime) -> int:
    """Return how many steps were due before an instant and wait all the same (AL-14)."""
    query = select(func.count()).where(Step.state == StepState.WAITING, Step.due_at < before)
    return session.scalar(query) or 0


def unsent(session: Session, *, before: datetime) -> Sequence[tuple[UUID, str]]:
    """Return (delivery, severity) of messages that wait without work to send them (I4)."""
    work = select(Outbox.id).where(
        Outbox.topic == Topic.DELIVER, Outbox.subject_id == Delivery.id, _undone()
    )
    query = select(Delivery.id, Delivery.severity).where(
        Delivery.state == DeliveryState.WAITING, Delivery.created_at < before, ~work.exists()
    )
    return [(row.id, row.severity) for row in session.execute(query.order_by(Delivery.id))]


def _undone() -> ColumnElement[bool]:
    return outbox.stands(outbox.State.OPEN, outbox.State.LEASED, outbox.State.PARKED)


def untold(session: Session, *, before: datetime) -> int:
    """Return how many steps said that they told somebody and left no message (I4)."""
    sent = select(Delivery.id).where(Delivery.step_id == Step.id)
    query = select(func.count()).where(
        Step.state == StepState.FIRED,
        Step.kind.not_in(TIMERS),
        Step.fired_at < before,
        Step.fired_at > before - RECENT,
        ~sent.exists(),
    )
    return session.scalar(query) or 0
