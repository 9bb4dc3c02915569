"""What an alert asks of people, as a FHIR R4 Task: who must act, until when, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fhir.detected_issue import coding
from fhir.flag import PROBLEMS
from fhir.identity import Ref, read_reference
from fhir.moments import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

TASKS = "urn:wardlight:codesystem:task"
TIERS = "urn:wardlight:codesystem:tier"
OUTCOMES = "urn:wardlight:codesystem:alert-outcome"
ACTIONS = "urn:wardlight:codesystem:alert-action"
OUTCOME, ACTION, EVIDENCE = "outcome", "action", "evidence-period"  # of OUTPUTS and INPUTS
PARTS = "urn:wardlight:codesystem:task-part"
Status = Literal[
    "requested",
    "received",
    "on-hold",
    "in-progress",
    "completed",
    "cancelled",
    "entered-in-error",
]
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
    problem: str = ""
    seen: tuple[datetime, datetime] | None = None  # event times of its first and last evidence
    outcome: str = ""  # the clinician's label, once it is resolved
    action: str = ""  # what was done, or why the label


@dataclass(frozen=True, slots=True)
class ParsedConclusion:
    """How a Task of an alert ended: the label a clinician gave, and for which episode."""

    subject: Ref | None
    problem: str
    started: datetime
    ended: datetime
    outcome: str


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
    if duty.problem:
        resource["reasonCode"] = {"coding": [coding(PROBLEMS, duty.problem)]}
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
    return resource | ({"restriction": restriction} if restriction else {}) | _parts(duty)


def _parts(duty: Duty) -> dict[str, Any]:
    """Return what the work rested on and what came of it."""
    given = ((OUTCOME, OUTCOMES, duty.outcome), (ACTION, ACTIONS, duty.action))
    output = [
        {"type": _part(name), "valueCodeableConcept": {"coding": [coding(system, code)]}}
        for name, system, code in given
        if code
    ]
    if duty.seen is None:
        return {"output": output} if output else {}
    period = dict(zip(("start", "end"), (each.isoformat() for each in duty.seen), strict=True))
    return {"input": [{"type": _part(EVIDENCE), "valuePeriod": period}]} | (
        {"output": output} if output else {}
    )


def _part(name: str) -> dict[str, Any]:
    return {"coding": [coding(PARTS, name)]}


def read_conclusion(resource: Mapping[str, Any]) -> ParsedConclusion | None:
    """Return how a Task of ours ended, or None where it bears no label or is another's."""
    outcome = _code(_valued(resource.get("output", ()), OUTCOME).get("valueCodeableConcept"))
    problem = _code(resource.get("reasonCode"), PROBLEMS)
    period = _valued(resource.get("input", ()), EVIDENCE).get("valuePeriod") or {}
    started, ended = (moment(str(period.get(end, ""))) for end in ("start", "end"))
    if not outcome or not problem or started is None or ended is None:
        return None
    return ParsedConclusion(read_reference(resource.get("for")), problem, started, ended, outcome)


def _valued(parts: Iterable[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    return next((each for each in parts if _code(each.get("type"), PARTS) == name), {})


def _code(concept: Mapping[str, Any] | None, system: str = OUTCOMES) -> str:
    codes = (concept or {}).get("coding", ())
    return next((str(each.get("code", "")) for each in codes if each.get("system") == system), "")
