"""Invented Observations and Bundles, as a device's gateway would send them."""

from __future__ import annotations

import json
from typing import Any

from fhir.codes import LOINC, MDC, SNOMED
from fhir.measurement import Measurement, ParsedObservation
from fhir.observation import parse
from fhir.outcome import Refusal
from fhir.units import UCUM

__all__ = ["LOINC", "MDC", "SNOMED", "UCUM"]
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
REASONS = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def concept(*codes: tuple[str, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in codes]}


def quantity(value: Any, code: str, unit: str = "") -> dict[str, Any]:
    plain = {"value": value, "system": UCUM, "code": code}
    return plain | {"unit": unit} if unit else plain


def absent(reason: str = "not-performed") -> dict[str, Any]:
    return concept((REASONS, reason))


def observation(loinc: str = "8867-4", **elements: Any) -> dict[str, Any]:
    """Return a heart rate unless told otherwise; an element given as None is left out."""
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept((CATEGORY, "vital-signs"))],
        "code": concept((LOINC, loinc)),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-05-04T08:00:00+02:00",
        "valueQuantity": quantity(72, "/min"),
    } | elements
    return {name: value for name, value in resource.items() if value is not None}


def component(code: tuple[str, str], **elements: Any) -> dict[str, Any]:
    return {"code": concept(code)} | elements


def pressure(*components: dict[str, Any], **elements: Any) -> dict[str, Any]:
    elements.setdefault("valueQuantity", None)
    return observation("85354-9", component=list(components) or None, **elements)


def half(loinc: str, value: Any, code: str = "mm[Hg]", unit: str = "") -> dict[str, Any]:
    return component((LOINC, loinc), valueQuantity=quantity(value, code, unit))


def raw(resource: Any) -> bytes:
    return json.dumps(resource).encode()


def accepted(resource: dict[str, Any] | bytes) -> ParsedObservation:
    parsed = parse(resource if isinstance(resource, bytes) else raw(resource))
    assert isinstance(parsed, ParsedObservation), parsed
    return parsed


def refused(resource: dict[str, Any] | bytes) -> Refusal:
    parsed = parse(resource if isinstance(resource, bytes) else raw(resource))
    assert isinstance(parsed, Refusal), parsed
    return parsed


def only(parsed: ParsedObservation) -> Measurement:
    (measurement,) = parsed.measurements
    return measurement


def warned(parsed: ParsedObservation) -> str:
    return "; ".join(issue.text for issue in parsed.warnings)
