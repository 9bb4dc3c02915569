"""Reads answers however somebody said them: yes and no, a number, how alert somebody is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir.codes import LOINC, SNOMED, codings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

YES = frozenset({(LOINC, "LA33-6"), (SNOMED, "373066001")})
NO = frozenset({(LOINC, "LA32-8"), (SNOMED, "373067005")})


# How alert somebody is (ACVPU, the NEWS2 chart): anything but alert is one answer.
ALERT = frozenset({(LOINC, "LA9340-6"), (SNOMED, "248234008")})
NOT_ALERT = frozenset(
    {
        (LOINC, "LA6560-2"),  # confused
        (SNOMED, "130987000"),  # acute confusion
        (LOINC, "LA17108-4"),  # responds to voice
        (SNOMED, "300202002"),
        (LOINC, "LA17107-6"),  # responds to pain
        (SNOMED, "450847001"),
        (LOINC, "LA9343-0"),  # unresponsive
        (SNOMED, "422768004"),
    }
)


def answer(element: Mapping[str, Any]) -> float | None:
    """Return 1 for yes, 0 for no, the number of an integer, or None where neither is said."""
    number = element.get("valueInteger")
    if isinstance(number, int) and not isinstance(number, bool):
        return float(number)
    return yes_or_no(element)


def yes_or_no(element: Mapping[str, Any]) -> float | None:
    """Return 1 for yes, 0 for no, or None where neither is said."""
    if isinstance(element.get("valueBoolean"), bool):
        return 1.0 if element["valueBoolean"] else 0.0
    return _one_of(codings(element.get("valueCodeableConcept")), YES, NO)


def not_alert(element: Mapping[str, Any]) -> float | None:
    """Return 0 for alert, 1 for confused, voice, pain or unresponsive, or None for no such code."""
    return _one_of(codings(element.get("valueCodeableConcept")), NOT_ALERT, ALERT)


def _one_of(
    said: Iterable[tuple[str, str]],
    one: frozenset[tuple[str, str]],
    zero: frozenset[tuple[str, str]],
) -> float | None:
    codes = set(said)
    if codes & one and not codes & zero:
        return 1.0
    return 0.0 if codes & zero and not codes & one else None
