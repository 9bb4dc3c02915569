"""Writes and reads a target of oxygen saturation as a FHIR R4 Goal: 88 to 92 %, by a clinician.

It is a clinician's decision (NEWS2 scale 2) and never inferred: a Goal counts only where a
practitioner expressed it, and where it names this measure and exactly this range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fhir.codes import LOINC, codings
from fhir.detected_issue import coding
from fhir.units import UCUM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

GOALS = "urn:wardlight:codesystem:goal"
SCALE_TWO = "target-saturation-88-92"
WORDS = "Oxygen saturation 88 to 92 % (NEWS2 scale 2)"
LOW, HIGH = 88, 92
_SATURATION = frozenset({(LOINC, "59408-5"), (LOINC, "2708-6")})
_PURSUED = frozenset({"accepted", "active"})
_CLINICIANS = ("Practitioner/", "PractitionerRole/")


def goal(
    *, patient: str, clinician: str, status: Literal["active", "cancelled"], day: date
) -> dict[str, Any]:
    """Return the resource; `patient` and `clinician` are references, `day` that of the status."""
    return {
        "resourceType": "Goal",
        "lifecycleStatus": status,
        "description": {"coding": [coding(GOALS, SCALE_TWO)], "text": WORDS},
        "subject": {"reference": patient},
        "target": [
            {
                "measure": {"coding": [coding(LOINC, "59408-5")]},
                "detailRange": {"low": _per_cent(LOW), "high": _per_cent(HIGH)},
            }
        ],
        "statusDate": day.isoformat(),
        "expressedBy": {"reference": clinician},
    }


def read_scale_two(resource: Mapping[str, Any]) -> bool | None:
    """Return whether a Goal confirms the target, or None where it is about something else.

    False where it is no longer pursued, or where nobody who may decide it expressed it.
    """
    if not any(_is_scale_two(each) for each in resource.get("target", ())):
        return None
    by = str((resource.get("expressedBy") or {}).get("reference", ""))
    clinician = by.startswith(_CLINICIANS) or any(f"/{each}" in by for each in _CLINICIANS)
    return clinician and resource.get("lifecycleStatus") in _PURSUED


def _is_scale_two(target: Mapping[str, Any]) -> bool:
    between = target.get("detailRange") or {}
    ends = tuple(_ends(between))
    return not _SATURATION.isdisjoint(codings(target.get("measure"))) and ends == (LOW, HIGH)


def _ends(between: Mapping[str, Any]) -> Iterator[Any]:
    for name in ("low", "high"):
        end = between.get(name) or {}
        yield end.get("value") if end.get("code") == "%" and end.get("system") == UCUM else None


def _per_cent(value: int) -> dict[str, Any]:
    return {"value": value, "unit": "%", "system": UCUM, "code": "%"}
