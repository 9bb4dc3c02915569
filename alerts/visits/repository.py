"""The rows of video visits, and which of them a message to a patient is about."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import or_, select

from alerts.visit import Span, Status, Visit
from alerts.visits.tables import Appointment
from core.sealed_fields import unseal

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.patients.tables import PatientMessage


def open_of(session: Session, alert_id: UUID) -> Appointment | None:
    """Return the visit of an alert that is booked."""
    query = select(Appointment).where(
        Appointment.alert_id == alert_id, Appointment.status == Status.BOOKED
    )
    return session.scalar(query.execution_options(populate_existing=True))


def ended_with(
    session: Session, alert_id: UUID, *, by: UUID | None, at: datetime
) -> Appointment | None:
    """Return the visit of an alert that somebody ended together with an act."""
    query = select(Appointment).where(
        Appointment.alert_id == alert_id,
        Appointment.ended_by == by,
        Appointment.ended_at == at,
    )
    return session.scalar(query.limit(1))


def visits_of(session: Session, patients: Collection[UUID], *, since: datetime) -> list[Visit]:
    """Return the visits of one person that are booked, or began since; the newest first."""
    query = select(Appointment).where(
        Appointment.patient_id.in_(patients),
        or_(Appointment.status == Status.BOOKED, Appointment.starts_at >= since),
    )
    rows = session.scalars(query.order_by(Appointment.starts_at.desc(), Appointment.id))
    return [as_visit(session, row) for row in rows]


def as_visit(session: Session, row: Appointment) -> Visit:
    """Return a row as a value, its room opened."""
    return Visit(
        row.id,
        row.alert_id,
        row.patient_id,
        unseal(session, Appointment.room, row.room, id=row.id),
        Span(row.starts_at, row.ends_at),
        Status(row.status),
        row.practitioner_id,
        row.booked_at,
    )


def key(visit_id: UUID) -> str:
    """Return by which key the invitation to a visit is known among messages."""
    return f"visit:{visit_id}"


def visit_told(session: Session, message: PatientMessage) -> Visit | None:
    """Return the visit that a message, or its repeat with a new link, is about."""
    kind, _, id_ = message.key.partition("~")[0].partition(":")
    if kind not in ("visit", "visit-off"):
        return None
    row = session.get(Appointment, UUID(id_), populate_existing=True)
    return None if row is None else as_visit(session, row)
