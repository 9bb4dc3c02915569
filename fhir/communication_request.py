"""Writes what a person is asked to measure again as a FHIR R4 CommunicationRequest (AL-20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fhir.task import Priority

ASKING = "urn:wardlight:codesystem:asking"
AGAIN = "measure-again"
CATEGORY = "http://terminology.hl7.org/CodeSystem/communication-category"
# All that may leave the login by SMS, e-mail or chat (SEC-23).
MESSAGE = "You have a message from your care team."


@dataclass(frozen=True, slots=True)
class Request:
    """One value to be measured again; `tip` is how, for whoever is signed in."""

    status: Literal["active", "completed", "revoked"]
    priority: Priority
    asked: datetime
    until: datetime
    tip: str
    reason: str = ""  # of the status
    about: Sequence[str] = ()  # references


def communication_request(request: Request, *, patient: str) -> dict[str, Any]:
    """Return the resource; its payload says that there is a message, and nothing of what is in it.

    What to do, and until when, stands beside it, for an application in which the patient is
    signed in: `reasonCode.text` and `occurrencePeriod.end`.
    """
    why = {"statusReason": {"text": request.reason}} if request.reason else {}
    about = [{"reference": each} for each in request.about]
    return {
        "resourceType": "CommunicationRequest",
        "status": request.status,
        **why,
        "category": [{"coding": [coding(CATEGORY, "instruction", "Instruction")]}],
        "priority": request.priority,
        "subject": {"reference": patient},
        **({"about": about} if about else {}),
        "payload": [{"contentString": MESSAGE}],
        "occurrencePeriod": {
            "start": request.asked.isoformat(),
            "end": request.until.isoformat(),
        },
        "authoredOn": request.asked.isoformat(),
        "recipient": [{"reference": patient}],
        "reasonCode": [{"coding": [coding(ASKING, AGAIN)], "text": request.tip}],
    }
