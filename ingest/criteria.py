"""Reads the conditions of conditional creates and references; what is unclear is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from fhir.bundle import unresolved
from ingest.receipt import STORED, Name

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_criteria(kind: str, criteria: str) -> Name | None:
    """Return the one identifier asked for, or None where the criteria are anything else.

    Only `identifier=system|value` is understood: an unknown parameter is never ignored, or
    it would match everything (FHIR-04).
    """
    pairs = parse_qsl(criteria.partition("?")[2] or criteria, keep_blank_values=True)
    if len(pairs) != 1 or pairs[0][0] != "identifier":
        return None
    system, bar, value = pairs[0][1].partition("|")
    return Name(kind, system, value) if bar and system and value else None


def conditional_references(bodies: Iterable[bytes]) -> dict[str, Name]:
    """Return the conditional references in the bodies that name a stored type."""
    found: dict[str, Name] = {}
    for reference in {each for body in bodies for each in unresolved(body)}:
        kind = reference.partition("?")[0]
        name = read_criteria(kind, reference) if kind in STORED else None
        if name is not None:
            found[reference] = name
    return found
