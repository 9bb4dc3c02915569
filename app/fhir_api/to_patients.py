"""A message to a patient or carer as a Communication: that it was sent, and how far it got."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.patients.tables import PatientMessage
from alerts.patients.wording import State, Why
from alerts.tables import Alert
from app.fhir_api.rendered import Rendered
from app.fhir_api.scope import uuids
from app.replay import FHIR_SEVERITY
from core.among import each_among
from core.vitals import Severity
from fhir.communication import ToPatient, patient_communication

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope
    from fhir.communication import Status

# What was handed over may not have arrived: it is completed only where that is known (REL-13).
_STATUS: Mapping[State, Status] = {
    State.WAITING: "preparation",
    State.HANDED_OVER: "in-progress",
    State.DELIVERED: "completed",
    State.FAILED: "not-done",
    State.WITHHELD: "not-done",
    State.CANCELLED: "stopped",
}


class ToPatients(Rendered):
    """Messages, and the decisions that there was none, in the order in which they came to be."""

    order = ("created_at", "id")

    def rows(self, scope: Scope) -> Select[Any]:
        """Return every message as of an instant."""
        return select(PatientMessage).where(PatientMessage.created_at <= scope.asof)

    def of(self, scope: Scope, patient: UUID) -> Any:  # noqa: ARG002 (some kinds must look it up)
        """Return the condition that it is about this patient."""
        return PatientMessage.patient_id == patient

    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that it is one of these."""
        return PatientMessage.id.in_(uuids(ids))

    def column(self, name: str) -> Any:
        """Return a column of the order."""
        return getattr(PatientMessage, name)

    def updated(self, row: Any) -> datetime:
        """Return when more became known of it."""
        moments = (row.handed_over_at, row.delivered_at, row.opened_at, row.answered_at)
        newest: datetime = max((each for each in moments if each), default=row.created_at)
        return newest

    def dated(self, row: Any) -> datetime | None:
        """Return when it was sent."""
        sent: datetime | None = row.handed_over_at
        return sent

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources."""
        about = {row.alert_id for row in rows if row.alert_id}
        query = select(Alert.id, Alert.severity).where(each_among(Alert.id, about))
        severities = {row[0]: Severity(row[1]) for row in session.execute(query)}
        return [_written(row, severities) for row in rows]


def _written(row: PatientMessage, severities: Mapping[UUID, Severity]) -> dict[str, Any]:
    about = ""
    if row.alert_id is not None:
        kind = "DetectedIssue" if severities[row.alert_id] in FHIR_SEVERITY else "Flag"
        about = f"{kind}/{row.alert_id}"
    said = ToPatient(
        status="completed" if row.opened_at else _STATUS[State(row.state)],
        why=Why(row.reason).words,
        kind=row.kind,
        channel=row.channel,
        carer=row.carer,
        about=about,
        asks=[f"CommunicationRequest/{each}" for each in row.asks],
        sent=row.handed_over_at,
        received=row.delivered_at,
        opened=row.opened_at,
        answered=row.answered_at,
    )
    return patient_communication(said, patient=f"Patient/{row.patient_id}")
