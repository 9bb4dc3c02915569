"""Whether a person lives alone, as an Observation says it; only what names it is understood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir.answers import yes_or_no
from fhir.codes import LOINC, SNOMED, codings

if TYPE_CHECKING:
    from collections.abc import Mapping

LIVING = "urn:wardlight:codesystem:living"
ALONE = (SNOMED, "105529008")  # lives alone (finding)
ASKED = frozenset({ALONE, (LIVING, "lives-alone")})  # answered with yes or no
COUNTED = frozenset({(LOINC, "63512-8")})  # how many people live at this address


def lives_alone(resource: Mapping[str, Any]) -> bool | None:
    """Return whether somebody lives alone, or None where this does not say.

    The finding itself may answer any question (LOINC 71802-3, 63503-7 and others ask about homes
    and families, and their own answers do not say who lives alone: they are not read as if).
    """
    if ALONE in codings(resource.get("valueCodeableConcept")):
        return True
    asked = frozenset(codings(resource.get("code")))
    if asked & ASKED:
        said = yes_or_no(resource)
        return None if said is None else said > 0
    return _counted(resource) if asked & COUNTED else None


def _counted(resource: Mapping[str, Any]) -> bool | None:
    quantity = resource.get("valueQuantity") or {}
    number = resource.get("valueInteger", quantity.get("value"))
    if number is None or quantity.get("comparator") or number < 1:
        return None
    return bool(number == 1)
