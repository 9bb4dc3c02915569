"""Writes a notification as a FHIR R4 Communication: that somebody was told, never what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fhir.detected_issue import coding
from fhir.task import TIERS

if TYPE_CHECKING:
    from datetime import datetime

    from fhir.task import Priority

CATEGORY = "http://terminology.hl7.org/CodeSystem/communication-category"
CHANNELS = "urn:wardlight:codesystem:channel"
STATES = "urn:wardlight:codesystem:delivery-state"
Status = Literal["preparation", "in-progress", "not-done", "stopped", "completed"]


@dataclass(frozen=True, slots=True)
class Told:
    """One message to one recipient: how grave, by which channel, and what is known of it."""

    status: Status
    state: str
    channel: str
    tier: str
    priority: Priority
    about: str  # a reference
    recipient: str = ""  # a reference
    recipient_name: str = ""  # a place that is no resource, such as the fallback address
    sent: datetime | None = None
    received: datetime | None = None
    seen: datetime | None = None  # its link was opened by whom it was for
    acted_on: datetime | None = None


def communication(told: Told, *, patient: str) -> dict[str, Any]:
    """Return the resource; its content is its severity and nothing else (SEC-23)."""
    resource: dict[str, Any] = {
        "resourceType": "Communication",
        "status": told.status,
        "statusReason": {"coding": [coding(STATES, told.state)]},
        "category": [{"coding": [coding(CATEGORY, "notification", "Notification")]}],
        "priority": told.priority,
        "medium": [{"coding": [coding(CHANNELS, told.channel)]}],
        "subject": {"reference": patient},
        "about": [{"reference": told.about}],
        "reasonCode": [{"coding": [coding(TIERS, told.tier)]}],
    }
    if told.recipient:
        resource["recipient"] = [{"reference": told.recipient}]
    elif told.recipient_name:
        resource["recipient"] = [{"display": told.recipient_name}]
    if told.sent:
        resource["sent"] = told.sent.isoformat()
    if told.received:
        resource["received"] = told.received.isoformat()
    noted = (("seen", told.seen), ("acted on", told.acted_on))
    notes = [{"time": at.isoformat(), "text": what} for what, at in noted if at]
    if notes:
        resource["note"] = notes
    return resource
