"""A notification as a Communication: who was told by which channel, and what is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from alerts.delivery.repository import DeliveryState
from alerts.tables import Alert, Delivery
from app.fhir_api.alerting import PRIORITY
from app.fhir_api.rendered import Rendered, reference
from app.fhir_api.scope import uuids
from app.replay import FHIR_SEVERITY
from core.among import each_among
from core.vitals import Severity
from fhir.communication import Told, communication

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from app.fhir_api.scope import Scope
    from fhir.communication import Status

DELIVERIES = "urn:wardlight:delivery"
# What was handed over may not have arrived: it is completed only where that is known (REL-13).
_STATUS: dict[DeliveryState, Status] = {
    DeliveryState.WAITING: "preparation",
    DeliveryState.HANDED_OVER: "in-progress",
    DeliveryState.DELIVERED: "completed",
    DeliveryState.FAILED: "not-done",
    DeliveryState.REROUTED: "stopped",
    DeliveryState.CANCELLED: "stopped",
    DeliveryState.IN_DIGEST: "preparation",
}


class Notifications(Rendered):
    """Deliveries in the order in which they came to be."""

    order = ("created_at", "id")

    def rows(self, scope: Scope) -> Select[Any]:
        """Return every delivery as of an instant."""
        return select(Delivery).where(Delivery.created_at <= scope.asof)

    def of(self, scope: Scope, patient: UUID) -> Any:  # noqa: ARG002 (some kinds must look it up)
        """Return the condition that its alert is this patient's."""
        return Delivery.patient_id == patient

    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that it is one of these."""
        return Delivery.id.in_(uuids(ids))

    def column(self, name: str) -> Any:
        """Return a column of the order."""
        return getattr(Delivery, name)

    def updated(self, row: Any) -> datetime:
        """Return when it last changed."""
        moments = (
            *(row.created_at, row.handed_over_at, row.delivered_at),
            *(row.seen_at, row.acted_on_at),
        )
        newest: datetime = max(each for each in moments if each is not None)
        return newest

    def dated(self, row: Any) -> datetime | None:
        """Return when it was sent."""
        return _sent(row)

    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources."""
        query = select(Alert).where(each_among(Alert.id, {row.alert_id for row in rows}))
        alerts = {alert.id: alert for alert in session.scalars(query)}
        return [_told(row, alerts[row.alert_id]) for row in rows]


def _sent(row: Delivery) -> datetime | None:
    return row.handed_over_at or row.delivered_at


def _told(row: Delivery, alert: Alert) -> dict[str, Any]:
    severity = Severity(row.severity)
    kind = "DetectedIssue" if Severity(alert.severity) in FHIR_SEVERITY else "Flag"
    written = communication(
        Told(
            status=_STATUS[DeliveryState(row.state)],
            state=row.state,
            channel=row.channel,
            tier=severity,
            priority=PRIORITY[severity],
            about=f"{kind}/{alert.id}",
            recipient=reference(row.recipient),
            recipient_name="" if ":" in row.recipient else row.recipient,
            sent=_sent(row),
            received=row.delivered_at,
            seen=row.seen_at,
            acted_on=row.acted_on_at,
        ),
        patient=f"Patient/{alert.patient_id}",
    )
    return written | {"identifier": [{"system": DELIVERIES, "value": row.public_id}]}
