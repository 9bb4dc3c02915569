"""Writes a message as a FHIR R4 Communication: that somebody was told, never what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fhir.communication_request import CATEGORY, MESSAGE
from fhir.detected_issue import coding
from fhir.task import TIERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fhir.task import Priority

CHANNELS = "urn:wardlight:codesystem:channel"
STATES = "urn:wardlight:codesystem:delivery-state"
TO_PATIENTS = "urn:wardlight:codesystem:message-to-patient"
_CARER = {"type": "RelatedPerson", "display": "A carer of the patient"}  # enrolled as no resource
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
    return resource | _noted(("seen", told.seen), ("acted on", told.acted_on))


@dataclass(frozen=True, slots=True)
class ToPatient:
    """One message to a patient or carer: why, by which channel, and what is known of it."""

    status: Status
    why: str
    kind: str
    channel: str  # "" where nothing was sent
    carer: bool
    about: str = ""  # a reference
    asks: Sequence[str] = ()  # references to what it asks for
    sent: datetime | None = None
    received: datetime | None = None
    opened: datetime | None = None
    answered: datetime | None = None


def patient_communication(said: ToPatient, *, patient: str) -> dict[str, Any]:
    """Return the resource; its payload is what left: that there is a message (SEC-23)."""
    resource: dict[str, Any] = {
        "resourceType": "Communication",
        "status": said.status,
        "statusReason": {"text": said.why},
        "category": [{"coding": [coding(CATEGORY, "instruction", "Instruction")]}],
        "subject": {"reference": patient},
        "recipient": [_CARER if said.carer else {"reference": patient}],
        "reasonCode": [{"coding": [coding(TO_PATIENTS, said.kind)]}],
    }
    if said.asks:
        resource["basedOn"] = [{"reference": each} for each in said.asks]
    if said.about:
        resource["about"] = [{"reference": said.about}]
    if said.channel:
        resource["medium"] = [{"coding": [coding(CHANNELS, said.channel)]}]
        resource["payload"] = [{"contentString": MESSAGE}]
    if said.sent:
        resource["sent"] = said.sent.isoformat()
    if said.received:
        resource["received"] = said.received.isoformat()
    return resource | _noted(("opened", said.opened), ("answered", said.answered))


def _noted(*moments: tuple[str, datetime | None]) -> dict[str, Any]:
    notes = [{"time": at.isoformat(), "text": what} for what, at in moments if at]
    return {"note": notes} if notes else {}
