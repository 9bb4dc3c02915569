"""Video visits as Appointments, for whoever may read of their patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.tables import Alert
from alerts.visit import Status
from alerts.visits.tables import Appointment
from app.fhir_api.rendered import Rendered
from app.fhir_api.scope import uuids
from app.replay import FHIR_SEVERITY
from core.among import each_among
from core.vitals import Severity
from fhir.appointment import Booked, appointment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope
    from fhir import appointment as fhir_appointment

_STATUS: Mapping[Status, fhir_appointment.Status] = {
    Status.BOOKED: "booked",
    Status.FULFILLED: "fulfilled",
    Status.NO_SHOW: "noshow",
    Status.CANCELLED: "cancelled",
}


class Appointments(Rendered):
    """Visits in the order in which they were booked."""

    order = ("booked_at", "id")

    def rows(self, scope: Scope) -> Select[Any]:
        """Return every visit as of an instant."""
        return select(Appointment).where(Appointment.booked_at <= scope.asof)

    def of(self, scope: Scope, patient: UUID) -> Any:  # noqa: ARG002 (some kinds must look it up)
        """Return the condition that it is this patient's."""
        return Appointment.patient_id == patient

    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that it is one of these."""
        return Appointment.id.in_(uuids(ids))

    def column(self, name: str) -> Any:
        """Return a column of the order."""
        return getattr(Appointment, name)

    def updated(self, row: Any) -> datetime:
        """Return when it was booked, or when it was known what became of it."""
        at: datetime = row.ended_at or row.booked_at
        return at

    def dated(self, row: Any) -> datetime | None:
        """Return when the visit begins."""
        starts: datetime = row.starts_at
        return starts

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources; the room stays sealed in the row."""
        about = {row.alert_id for row in rows}
        query = select(Alert.id, Alert.severity).where(each_among(Alert.id, about))
        severities = {row[0]: Severity(row[1]) for row in session.execute(query)}
        return [_written(row, severities[row.alert_id]) for row in rows]


def _written(row: Appointment, severity: Severity) -> dict[str, Any]:
    kind = "DetectedIssue" if severity in FHIR_SEVERITY else "Flag"
    booked = Booked(
        status=_STATUS[Status(row.status)],
        start=row.starts_at,
        end=row.ends_at,
        created=row.booked_at,
        about=f"{kind}/{row.alert_id}",
        clinician=f"Practitioner/{row.practitioner_id}" if row.practitioner_id else "",
    )
    return appointment(booked, patient=f"Patient/{row.patient_id}")
