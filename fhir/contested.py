"""How it stands with a score that somebody contests, as a tag that a program can read; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir.detected_issue import coding

if TYPE_CHECKING:
    from datetime import datetime

CONTESTS = "urn:wardlight:codesystem:score-contest"  # waits, upheld, not-upheld


def tagged(resource: dict[str, Any], code: str, display: str) -> dict[str, Any]:
    """Return a resource with the tag: it says how a review stands and changes nothing in it."""
    meta = resource.get("meta", {})
    tags = [*meta.get("tag", ()), coding(CONTESTS, code, display)]
    return resource | {"meta": meta | {"tag": tags}}


def noted(assessment: dict[str, Any], text: str, *, at: datetime) -> dict[str, Any]:
    """Return a RiskAssessment with one more note."""
    notes = [*assessment.get("note", ()), {"time": at.isoformat(), "text": text}]
    return assessment | {"note": notes}
