"""The National Early Warning Score 2 of one set of observations, or as much of it as is known.

The bands stand in the section `news2` of the rulebook, which a clinician signs. Scale 2 is for
people with a clinician-confirmed hypercapnic failure only. Without consciousness or oxygen the
total is partial: a lower bound, and never called NEWS2.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import MEASURES, Vital
from monitoring.rule_check import in_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from monitoring.series import Floats


class Part(StrEnum):
    """The seven parts of the score."""

    RESPIRATION = "respiratory rate"
    OXYGEN_SATURATION = "SpO2"
    OXYGEN = "air or oxygen"
    SYSTOLIC = "systolic BP"
    PULSE = "pulse"
    CONSCIOUSNESS = "consciousness"
    TEMPERATURE = "temperature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One row of the chart: what values from `low` to `high`, both included, score.

    The first band of a vital has no `low`, the last has no `high`.
    """

    score: int
    low: float | None = None
    high: float | None = None


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

    def score_of(self, value: float) -> int:
        """Return the score of one value; an array of one costs four times as much."""
        return self.scores[bisect_left(self.edges, float(np.round(value, self.decimals)))]

    def above(self, value: float) -> bool:
        """Return whether a value lies above the bands that score nothing, rather than below."""
        band = int(np.searchsorted(self.edges, np.round(value, self.decimals)))
        return 0 in self.scores[:band]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """The chart that a clinician signed, as the section `news2` of the rulebook holds it."""

    source: str = ""
    on_oxygen: int = 0  # what breathing oxygen scores
    not_alert: int = 0  # what anything but alert scores
    respiratory_rate: tuple[Band, ...] = ()
    spo2: tuple[Band, ...] = ()
    spo2_scale_two_air: tuple[Band, ...] = ()
    spo2_scale_two_oxygen: tuple[Band, ...] = ()
    systolic_bp: tuple[Band, ...] = ()
    heart_rate: tuple[Band, ...] = ()
    body_temperature: tuple[Band, ...] = ()

    @cached_property
    def _bands(self) -> dict[str, Bands]:
        return {name: _bands(vital, getattr(self, name)) for name, vital in TABLES.items()}

    def bands_of(self, vital: Vital, *, scale_two: bool, oxygen: bool | None) -> Bands:
        """Return the bands of a vital; on scale 2 they depend on oxygen.

        Where nobody knows of oxygen, 93 % and more score as on air: a lower bound.
        """
        if vital is Vital.SPO2 and scale_two:
            return self._bands["spo2_scale_two_oxygen" if oxygen else "spo2_scale_two_air"]
        return self._bands[SCORED_AS.get(vital, vital).value]

    @cached_property
    def highest(self) -> int:
        """Return the highest total that a set can have."""
        by_vital: dict[Vital, int] = {}
        for name, vital in TABLES.items():
            worst = max((band.score for band in getattr(self, name)), default=0)
            by_vital[vital] = max(worst, by_vital.get(vital, 0))
        return sum(by_vital.values()) + self.on_oxygen + self.not_alert


MEASURED = (
    Vital.RESPIRATORY_RATE,
    Vital.SPO2,
    Vital.SYSTOLIC_BP,
    Vital.HEART_RATE,
    Vital.BODY_TEMPERATURE,
)
# A pulse that its device calls resting stands in where no other is known.
SCORED_AS = {Vital.RESTING_HEART_RATE: Vital.HEART_RATE}
TABLES: dict[str, Vital] = {
    **{vital.value: vital for vital in MEASURED},
    "spo2_scale_two_air": Vital.SPO2,
    "spo2_scale_two_oxygen": Vital.SPO2,
}
WORST = 3  # of one part


def _bands(vital: Vital, rows: Sequence[Band]) -> Bands:
    edges = tuple(band.high for band in rows if band.high is not None)
    return Bands(edges, tuple(band.score for band in rows), MEASURES[vital].decimals)


def faults(chart: Chart) -> Iterator[str]:
    """Tell of bands that leave a value out, hold one twice, or score what no part can."""
    if not chart.source.strip():
        yield "news2.source: no source"
    for name in ("on_oxygen", "not_alert"):
        if not 0 < getattr(chart, name) <= WORST:
            yield f"news2.{name}: must lie between 1 and {WORST}"
    for name, vital in TABLES.items():
        rows = getattr(chart, name)
        yield from (f"news2.{name}: {fault}" for fault in _table_faults(vital, rows))


def _table_faults(vital: Vital, rows: Sequence[Band]) -> Iterator[str]:
    if not rows:
        yield "no bands"
        return
    if rows[0].low is not None or rows[-1].high is not None:
        yield "the first band has no low and the last no high, so that each value has a score"
    step = 10.0 ** -MEASURES[vital].decimals
    for before, after in pairwise(rows):
        if before.high is None or after.low is None:
            yield "only the first band may lack low, only the last high"
        elif round(after.low - before.high, 6) != step:
            between = "a gap" if after.low - before.high > step else "an overlap"
            yield f"{between} between {before.high:g} and {after.low:g}"
    for band in rows:
        yield from _band_faults(vital, band)
    if all(band.score for band in rows):
        yield "no band scores 0"


def _band_faults(vital: Vital, band: Band) -> Iterator[str]:
    if not 0 <= band.score <= WORST:
        yield f"score {band.score} must lie between 0 and {WORST}"
    if band.low is not None and band.high is not None and band.low > band.high:
        yield f"the band from {band.low:g} to {band.high:g} is empty"
    for end in (band.low, band.high):
        if end is not None:
            yield from in_range(vital, end)


PART_OF = {
    Vital.RESPIRATORY_RATE: Part.RESPIRATION,
    Vital.SPO2: Part.OXYGEN_SATURATION,
    Vital.SYSTOLIC_BP: Part.SYSTOLIC,
    Vital.HEART_RATE: Part.PULSE,
    Vital.RESTING_HEART_RATE: Part.PULSE,
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


def total(
    chart: Chart, values: Mapping[Vital, float], *, scale_two: bool, oxygen: bool | None
) -> Total:
    """Return the score of a set of observations.

    Parameters
    ----------
    chart : Chart
        The bands, as signed.
    values : mapping of Vital to float
        In canonical units; `NEW_CONFUSION` is 0 for alert. Absent ones are missing.
    scale_two : bool
        A clinician confirmed hypercapnic respiratory failure.
    oxygen : bool or None
        Whether the person breathes oxygen; None where nobody has said.
    """
    parts: dict[Part, int] = {}
    for vital in MEASURED:
        if vital in values:
            bands = chart.bands_of(vital, scale_two=scale_two, oxygen=oxygen)
            parts[PART_OF[vital]] = bands.score_of(values[vital])
    if oxygen is not None:
        parts[Part.OXYGEN] = chart.on_oxygen if oxygen else 0
    if Vital.NEW_CONFUSION in values:
        parts[Part.CONSCIOUSNESS] = chart.not_alert if values[Vital.NEW_CONFUSION] > 0 else 0
    return Total(parts)
