"""Writes an episode of an alert as a FHIR R4 Flag: active as long as it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from datetime import datetime

PROBLEMS = "urn:wardlight:codesystem:problem"
CATEGORY = "http://terminology.hl7.org/CodeSystem/flag-category"


def flag(
    problem: str,
    *,
    patient: str,
    status: Literal["active", "inactive", "entered-in-error"],
    start: datetime,
    end: datetime | None = None,
) -> dict[str, Any]:
    """Return the resource; `patient` is a reference, `start` the event time of its first cause."""
    period = {"start": start.isoformat()} | ({"end": end.isoformat()} if end else {})
    return {
        "resourceType": "Flag",
        "status": status,
        "category": [{"coding": [coding(CATEGORY, "clinical", "Clinical")]}],
        "code": {"coding": [coding(PROBLEMS, problem)], "text": problem},
        "subject": {"reference": patient},
        "period": period,
    }
