"""A score by what was measured: its exact parts put together, with the reading behind each.

Parts are added and never weighed anew, so that the groups sum to the log-odds as the parts do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Vital
from monitoring.predictors import FEATURES, SYNDROMES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitoring.findings import Contribution, Evidence

# Headings of what is no single measurement: key, which stays, and message.
TOGETHER = ("together", "Several signs together")
PERSON = ("person", "About the person")
CONTACT = ("contact", "How often anything was measured")
OTHER = ("other", "Other")
_BY_NAME = {str(vital): vital for vital in Vital}
_VITALS = {feature.name: feature.vital for feature in FEATURES}
_SYNDROMES = frozenset(feature.name for feature in SYNDROMES)
_PERSON = frozenset({"age", "conditions", "has"})


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one measurement, or one heading, adds to a score.

    Attributes
    ----------
    key : str
        The vital's name, or that of the heading; the same in every score.
    label : str
        A message of the catalogue.
    points : float
        Log-odds: the sum of `parts`.
    parts : tuple
        The exact contributions, the weightiest first.
    latest : Evidence or None
        The last reading of the vital that the score looked at; None where there is none.
    """

    key: str
    label: str
    vital: Vital | None
    points: float
    parts: tuple[Contribution, ...]
    latest: Evidence | None


def by_measurement(
    contributions: Iterable[Contribution], basis: Iterable[Evidence] = ()
) -> tuple[Measurement, ...]:
    """Return what each measurement adds, the weightiest first; every part is in just one."""
    groups: dict[tuple[str, str], list[Contribution]] = {}
    for each in contributions:
        groups.setdefault(_heading(each.feature), []).append(each)
    latest = _latest(basis)
    found = [_measurement(heading, parts, latest) for heading, parts in groups.items()]
    return tuple(sorted(found, key=lambda each: (-abs(each.points), each.key)))


def _measurement(
    heading: tuple[str, str], parts: Iterable[Contribution], latest: dict[Vital, Evidence]
) -> Measurement:
    key, label = heading
    vital = _BY_NAME.get(key)
    weightiest = tuple(sorted(parts, key=lambda part: -abs(part.points)))
    points = math.fsum(part.points for part in weightiest)
    reading = latest.get(vital) if vital else None
    return Measurement(key, label, vital, points, weightiest, reading)


def _heading(feature: str) -> tuple[str, str]:
    """Return where a feature belongs; of a former catalogue, as its name says."""
    group = feature.partition(".")[0]
    vital = _VITALS.get(feature) or _BY_NAME.get(group)
    if vital is not None:
        return str(vital), MEASURES[vital].display
    if feature in _SYNDROMES:
        return TOGETHER
    if group in _PERSON:
        return PERSON
    return CONTACT if group == "contact" else OTHER


def _latest(basis: Iterable[Evidence]) -> dict[Vital, Evidence]:
    return {each.vital: each for each in sorted(basis, key=lambda each: each.effective)}
