"""Writes what an alert asks of people as a FHIR R4 Task: who must act, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

TASKS = "urn:wardlight:codesystem:task"
TIERS = "urn:wardlight:codesystem:tier"
Status = Literal["requested", "in-progress", "completed", "cancelled", "entered-in-error"]
Priority = Literal["routine", "urgent", "asap", "stat"]


@dataclass(frozen=True, slots=True)
class Duty:
    """What is to be done: about which resource, how soon, and how far it has come."""

    focus: str  # a reference, such as "DetectedIssue/…"
    status: Status
    priority: Priority
    tier: str
    authored: datetime
    modified: datetime
    ended: datetime | None = None
    until: datetime | None = None  # when it goes on to somebody else
    owner: str = ""  # a reference, "" where nobody has taken it
    told: Sequence[str] = ()  # references to whom it was put


def task(duty: Duty, *, patient: str) -> dict[str, Any]:
    """Return the resource; `patient` is a reference."""
    resource: dict[str, Any] = {
        "resourceType": "Task",
        "status": duty.status,
        "businessStatus": {"coding": [coding(TIERS, duty.tier)]},
        "intent": "order",
        "priority": duty.priority,
        "code": {"coding": [coding(TASKS, "respond-to-alert", "Respond to an alert")]},
        "focus": {"reference": duty.focus},
        "for": {"reference": patient},
        "authoredOn": duty.authored.isoformat(),
        "lastModified": duty.modified.isoformat(),
    }
    if duty.ended:
        ended = {"start": duty.authored.isoformat(), "end": duty.ended.isoformat()}
        resource["executionPeriod"] = ended
    if duty.owner:
        resource["owner"] = {"reference": duty.owner}
    restriction: dict[str, Any] = {}
    if duty.until:
        restriction["period"] = {"end": duty.until.isoformat()}
    if duty.told:
        restriction["recipient"] = [{"reference": each} for each in duty.told]
    return resource | ({"restriction": restriction} if restriction else {})
