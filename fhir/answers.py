"""Reads yes and no, however somebody said it: of symptoms and of what a home's devices tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir.codes import LOINC, SNOMED, codings

if TYPE_CHECKING:
    from collections.abc import Mapping

YES = frozenset({(LOINC, "LA33-6"), (SNOMED, "373066001")})
NO = frozenset({(LOINC, "LA32-8"), (SNOMED, "373067005")})


def answer(element: Mapping[str, Any]) -> float | None:
    """Return 1 for yes, 0 for no, the number of an integer, or None where neither is said."""
    if isinstance(element.get("valueBoolean"), bool):
        return 1.0 if element["valueBoolean"] else 0.0
    number = element.get("valueInteger")
    if isinstance(number, int) and not isinstance(number, bool):
        return float(number)
    said = set(codings(element.get("valueCodeableConcept")))
    if said & YES and not said & NO:
        return 1.0
    return 0.0 if said & NO and not said & YES else None
