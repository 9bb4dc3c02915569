"""The National Early Warning Score 2 of one set of observations, or as much of it as is known.

Bands: Royal College of Physicians, NEWS2 (2017), chart 1. Scale 2 is for people with a
clinician-confirmed hypercapnic failure only. Without consciousness or oxygen the total is
partial: a lower bound, and never called NEWS2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitoring.windows import Floats


class Part(StrEnum):
    """The seven parts of the score."""

    RESPIRATION = "respiratory rate"
    OXYGEN_SATURATION = "SpO2"
    OXYGEN = "air or oxygen"
    SYSTOLIC = "systolic BP"
    PULSE = "pulse"
    CONSCIOUSNESS = "consciousness"
    TEMPERATURE = "temperature"


@dataclass(frozen=True, slots=True)
class Bands:
    """Scores by value: `scores[k]` holds up to `edges[k]`, the last one above all of them.

    Edges are the highest values of each band at the precision `decimals` of the chart.
    """

    edges: tuple[float, ...]
    scores: tuple[int, ...]
    decimals: int = 0

    def score(self, values: Floats) -> Floats:
        """Return the score of each value of float64[n]."""
        shown = np.round(values, self.decimals)
        return np.asarray(self.scores, dtype=np.float64)[np.searchsorted(self.edges, shown)]


BANDS: dict[Vital, Bands] = {
    Vital.RESPIRATORY_RATE: Bands((8, 11, 20, 24), (3, 1, 0, 2, 3)),
    Vital.SPO2: Bands((91, 93, 95), (3, 2, 1, 0)),
    Vital.SYSTOLIC_BP: Bands((90, 100, 110, 219), (3, 2, 1, 0, 3)),
    Vital.HEART_RATE: Bands((40, 50, 90, 110, 130), (3, 1, 0, 1, 2, 3)),
    Vital.BODY_TEMPERATURE: Bands((35.0, 36.0, 38.0, 39.0), (3, 1, 0, 1, 2), decimals=1),
}
SCALE_TWO_AIR = Bands((83, 85, 87), (3, 2, 1, 0))
SCALE_TWO_OXYGEN = Bands((83, 85, 87, 92, 94, 96), (3, 2, 1, 0, 1, 2, 3))
ON_OXYGEN = 2
NOT_ALERT = 3
PART_OF = {
    Vital.RESPIRATORY_RATE: Part.RESPIRATION,
    Vital.SPO2: Part.OXYGEN_SATURATION,
    Vital.SYSTOLIC_BP: Part.SYSTOLIC,
    Vital.HEART_RATE: Part.PULSE,
    Vital.BODY_TEMPERATURE: Part.TEMPERATURE,
    Vital.NEW_CONFUSION: Part.CONSCIOUSNESS,
}


@dataclass(frozen=True, slots=True)
class Total:
    """What a set of observations scores, part by part; `missing` parts score nothing."""

    parts: Mapping[Part, int]

    @property
    def sum(self) -> int:
        """Return the total of the parts that are known: a lower bound where any is missing."""
        return sum(self.parts.values())

    @property
    def missing(self) -> tuple[Part, ...]:
        """Return the parts that are not known."""
        return tuple(part for part in Part if part not in self.parts)

    @property
    def partial(self) -> bool:
        """Return whether this may not be called NEWS2."""
        return bool(self.missing)

    @property
    def scoring(self) -> int:
        """Return how many parts score anything."""
        return sum(score > 0 for score in self.parts.values())


def bands_of(vital: Vital, *, scale_two: bool, oxygen: bool | None) -> Bands:
    """Return the bands of a vital; on scale 2 they depend on oxygen.

    Where nobody knows of oxygen, 93 % and more score as on air: a lower bound.
    """
    if vital is Vital.SPO2 and scale_two:
        return SCALE_TWO_OXYGEN if oxygen else SCALE_TWO_AIR
    return BANDS[vital]


def total(values: Mapping[Vital, float], *, scale_two: bool, oxygen: bool | None) -> Total:
    """Return the score of a set of observations.

    Parameters
    ----------
    values : mapping of Vital to float
        In canonical units; `NEW_CONFUSION` is 0 for alert. Absent ones are missing.
    scale_two : bool
        A clinician confirmed hypercapnic respiratory failure.
    oxygen : bool or None
        Whether the person breathes oxygen; None where nobody has said.
    """
    parts: dict[Part, int] = {}
    for vital in BANDS:
        if vital in values:
            bands = bands_of(vital, scale_two=scale_two, oxygen=oxygen)
            parts[PART_OF[vital]] = int(bands.score(np.array([values[vital]]))[0])
    if oxygen is not None:
        parts[Part.OXYGEN] = ON_OXYGEN if oxygen else 0
    if Vital.NEW_CONFUSION in values:
        parts[Part.CONSCIOUSNESS] = NOT_ALERT if values[Vital.NEW_CONFUSION] > 0 else 0
    return Total(parts)
