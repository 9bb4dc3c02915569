"""Writes an alert as a FHIR R4 DetectedIssue, from plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

SCORE = "score"  # the id of a RiskAssessment within a DetectedIssue
RULES = "urn:wardlight:codesystem:rule"  # the codes are ids of rules and models


@dataclass(frozen=True, slots=True)
class Raised:
    """What an alert says: which rule, in which words, resting on which Observations."""

    code: str
    display: str
    detail: str
    severity: Literal["high", "moderate", "low"]
    implicated: Sequence[str] = ()  # references, such as "Observation/…"
    version: str = ""  # of the rules that raised it: the hash of their text
    score: Mapping[str, Any] | None = None  # the RiskAssessment that it rests on, where it does
    scores: Sequence[str] = ()  # references to the same, where it can be read by itself


def detected_issue(
    raised: Raised,
    *,
    patient: str,
    identified: datetime,
    id: str = "",  # noqa: A002  # FHIR's own name
    status: Literal["preliminary", "final", "entered-in-error"] = "final",
) -> dict[str, Any]:
    """Return the resource; `patient` is a reference, `identified` an aware event time."""
    issue: dict[str, Any] = {"resourceType": "DetectedIssue"}
    if id:
        issue["id"] = id
    if raised.score is not None:
        issue["contained"] = [{**raised.score, "id": SCORE}]
    issue["status"] = status
    issue["code"] = {
        "coding": [_versioned(coding(RULES, raised.code, raised.display), raised.version)],
        "text": raised.display or raised.code,
    }
    issue["severity"] = raised.severity
    issue["patient"] = {"reference": patient}
    issue["identifiedDateTime"] = identified.isoformat()
    if raised.implicated:
        issue["implicated"] = [{"reference": each} for each in raised.implicated]
    if raised.score is not None:
        found = [f"#{SCORE}", *raised.scores]
        issue["evidence"] = [{"detail": [{"reference": each} for each in found]}]
    if raised.detail:
        issue["detail"] = raised.detail
    return issue


def _versioned(coded: dict[str, str], version: str) -> dict[str, str]:
    return coded | {"version": version} if version else coded


def coding(system: str, code: str, display: str = "") -> dict[str, str]:
    """Return a Coding, without a display where there is none."""
    named = {"system": system, "code": code}
    return named | {"display": display} if display else named
