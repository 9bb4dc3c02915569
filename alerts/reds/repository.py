"""Finds the REDs that a patient is told of, those that were taken back, and who was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from alerts.lifecycle import LIVE, State
from alerts.patients.tables import PatientMessage
from alerts.patients.wording import Why
from alerts.reasons import Reason
from alerts.tables import Alert, AlertEvent
from core.vitals import Severity
from ingest.repository import one_person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

_LOWERED = and_(
    AlertEvent.alert_id == Alert.id,
    AlertEvent.kind == "lowered",
    AlertEvent.before["severity"].astext == Severity.RED,
)


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


def over(session: Session, patient_id: UUID, *, since: datetime) -> Sequence[Alert]:
    """Return the alerts of a person whose RED lost its reading since, and that is to be told.

    Whether the alert was withdrawn, or a lesser finding stands, is one to its patient (REL-23).
    What was not told because another RED stood is not forgotten, however long that stands.
    """
    lost = select(AlertEvent.id).where(_LOWERED, AlertEvent.reason == Reason.LOWERED)
    lesser = and_(Alert.severity != Severity.RED, lost.exists())
    lately = or_(Alert.closed_at >= since, lost.where(AlertEvent.at >= since).exists())
    query = select(Alert).where(
        Alert.patient_id.in_(one_person(session, patient_id)),
        or_(Alert.state == State.WITHDRAWN, lesser),
        or_(lately, _put_off()),
    )
    return session.scalars(query.order_by(Alert.opened_at, Alert.id)).all()


def _put_off() -> ColumnElement[bool]:
    """Whether a RED was not taken back yet, because another one stood."""
    told, waits = aliased(PatientMessage), aliased(PatientMessage)
    after = select(told.id).where(told.key == waits.key, told.contact_id.is_not(None))
    return (
        select(waits.id)
        .where(
            waits.alert_id == Alert.id,
            waits.reason == Why.ANOTHER_RED,
            waits.contact_id.is_(None),
            ~after.where(told.alert_id == Alert.id).exists(),
        )
        .exists()
    )


def instructed(session: Session, alert_id: UUID, key: str) -> list[PatientMessage]:
    """Return the messages of a RED that reached somebody's telephone, as far as is known.

    One that is being sent is waited for: what comes of it decides whether it is taken back. One
    that was opened arrived, whatever its gateway answered.
    """
    query = select(PatientMessage).where(
        PatientMessage.alert_id == alert_id,
        or_(PatientMessage.key == key, PatientMessage.key.startswith(f"{key}~", autoescape=True)),
    )
    locked = query.order_by(PatientMessage.id).with_for_update()
    rows = session.scalars(locked.execution_options(populate_existing=True)).all()
    return [each for each in rows if each.handed_over_at or each.opened_at]


def stands(session: Session, patient_id: UUID) -> bool:
    """Return whether a RED of a person stands that they are told of."""
    query = _standing(session, patient_id).with_only_columns(Alert.id)
    return session.scalar(query.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Lowering:
    """Why and when an alert that was RED was lowered."""

    why: str
    at: datetime


def lowerings(session: Session, alert_id: UUID) -> list[Lowering]:
    """Return each time that an alert was RED and was lowered, the first one first."""
    query = select(AlertEvent.reason, AlertEvent.at).join(Alert, Alert.id == AlertEvent.alert_id)
    rows = session.execute(query.where(Alert.id == alert_id, _LOWERED).order_by(AlertEvent.id))
    return [Lowering(reason, at) for reason, at in rows]
