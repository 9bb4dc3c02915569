"""Finds the REDs that a patient is told of, those that were taken back, and who was told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.lifecycle import LIVE, State
from alerts.patients.tables import PatientMessage
from alerts.patients.wording import Kind
from alerts.tables import Alert, AlertEvent
from core.vitals import Severity
from ingest.repository import one_person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


def _standing(session: Session, patient_id: UUID) -> Select[Alert]:
    """Select the live REDs of a person that came in time: late or held, they tell no patient."""
    return select(Alert).where(
        Alert.patient_id.in_(one_person(session, patient_id)),
        Alert.state.in_(LIVE),
        Alert.severity == Severity.RED,
        Alert.in_time_at.is_not(None),
        Alert.held.is_(None),
    )


def standing(session: Session, patient_id: UUID) -> Sequence[Alert]:
    """Return the live REDs of a person that they are told of, the oldest first (REL-20)."""
    query = _standing(session, patient_id).order_by(Alert.opened_at, Alert.id)
    return session.scalars(query).all()


def withdrawn(session: Session, patient_id: UUID, *, since: datetime) -> Sequence[Alert]:
    """Return what was withdrawn of a person since an instant."""
    query = select(Alert).where(
        Alert.patient_id.in_(one_person(session, patient_id)),
        Alert.state == State.WITHDRAWN,
        Alert.closed_at >= since,
    )
    return session.scalars(query.order_by(Alert.closed_at, Alert.id)).all()


def instructed(session: Session, alert_id: UUID) -> list[PatientMessage]:
    """Return the messages of a RED that reached somebody's telephone, as far as is known."""
    query = select(PatientMessage).where(
        PatientMessage.alert_id == alert_id,
        PatientMessage.kind == Kind.INSTRUCTION,
        PatientMessage.handed_over_at.is_not(None),
    )
    return list(session.scalars(query))


def stands(session: Session, patient_id: UUID) -> bool:
    """Return whether a RED of a person stands that they are told of."""
    query = _standing(session, patient_id).with_only_columns(Alert.id)
    return session.scalar(query.limit(1)) is not None


def times_lowered(session: Session, alert_id: UUID) -> int:
    """Return how often an alert was RED and was lowered."""
    query = select(func.count()).where(
        AlertEvent.alert_id == alert_id,
        AlertEvent.kind == "lowered",
        AlertEvent.before["severity"].astext == Severity.RED,
    )
    return session.scalar(query) or 0
