"""The plain ways of alerting that the rules must beat, each with one knob for its burden.

Each reading (or day) has a strength: the factor by which every limit of the way may be widened
until it no longer fires. At factor 1 the way runs as published; a larger one thins it, so that
all ways can be compared at the same number of alert episodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import MEASURES, Group, Vital
from lab.chart import FULL_SET, ON_OXYGEN, banded
from monitoring import baseline
from monitoring.problem_of import problem_of
from monitoring.windows import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from monitoring.windows import History, Series

    Floats = NDArray[np.float64]

POUND = 0.45359237
# The guideline weight rule as SCALE-HF 1 ran it: > 3 lb in a day or > 5 lb in a week.
WEIGHT_RULE = ((1, 3 * POUND), (7, 5 * POUND))


@dataclass(frozen=True, slots=True)
class Strength:
    """How strongly each moment speaks: seconds since the epoch and factor, float64[n] each."""

    times: Floats
    factor: Floats

    def fired(self, factor: float) -> Floats:
        """Return the moments that fire when all limits are widened by a factor."""
        return self.times[self.factor > factor]


Strengths = dict[str, Strength]  # by problem: episodes are counted for each


@dataclass(frozen=True, slots=True)
class Limits:
    """Published limits of one vital; `middle` is what they are widened from."""

    low: float
    middle: float
    high: float


# Bands that NEWS2 (RCP 2017) scores 2 or 3, ends included; fever as IDSA 2008; severe
# hypertension as AHA/ACC 2025; glucose as ADA (level 1, and 250 mg/dL). The middle is the
# middle of NEWS2's zero band, or the usual of the vital (evidence.md 8.2).
FIXED: dict[Vital, Limits] = {
    Vital.RESPIRATORY_RATE: Limits(8.5, 16, 20.5),
    Vital.SPO2: Limits(93.5, 98, np.inf),
    Vital.SYSTOLIC_BP: Limits(100.5, 135, 180),
    Vital.DIASTOLIC_BP: Limits(-np.inf, 76, 120),
    Vital.HEART_RATE: Limits(40.5, 72, 110.5),
    Vital.BODY_TEMPERATURE: Limits(35.05, 36.6, 37.8),
    Vital.GLUCOSE: Limits(70, 135, 250),
}
SCALE_TWO = Limits(87.5, 92, np.inf)  # NEWS2 scale 2, for whom it is set
LEAST_DAYS = 14  # valid days of a personal baseline
THREE = 3.0  # |z| > 3
ANSWER_POINTS = {Vital.BREATHLESS_AT_REST: 1.5, Vital.BREATHLESS_LYING_FLAT: 1.5}
WORSE_BY = 3.0  # points of breathlessness above the own usual that alone make an alert
MEDIUM = 4.5  # NEWS2: an urgent review from 5 points in all
AGAIN_DAYS = 2  # answers of so many days count together


def weight_rule(past: History) -> Strengths:
    """Return how far each weight lies above the lowest of the days before, in limits."""
    series = past.series.get(Vital.BODY_WEIGHT)
    if series is None:
        return {}
    known = dict(zip(series.daily.days.tolist(), series.daily.medians.tolist(), strict=True))
    factor = [
        max((_gain(known, day, value, *rule) for rule in WEIGHT_RULE), default=0.0)
        for day, value in zip(series.days.tolist(), series.values.tolist(), strict=True)
    ]
    return {"fluid": Strength(series.received, np.array(factor))}


def _gain(known: Mapping[int, float], day: int, value: float, span: int, limit: float) -> float:
    before = [known[d] for d in range(day - span, day) if d in known]
    return max(0.0, value - min(before)) / limit if before else 0.0


def fixed_limits(past: History) -> Strengths:
    """Return how far each reading lies outside the published limits, and the weight rule's."""
    found: dict[str, list[Strength]] = {"fluid": list(weight_rule(past).values())}
    for vital, limits in FIXED.items():
        series = past.series.get(vital)
        if series is not None:
            lower = vital is Vital.SPO2 and past.person.scale_two
            outside = _outside(series, SCALE_TWO if lower else limits)
            found.setdefault(problem_of(vital), []).append(outside)
    return {problem: _together(each) for problem, each in found.items() if each}


def _outside(series: Series, limits: Limits) -> Strength:
    above = (series.values - limits.middle) / (limits.high - limits.middle)
    below = (limits.middle - series.values) / (limits.middle - limits.low)
    return Strength(series.received, np.maximum(above, below))


def personal_z(past: History) -> Strengths:
    """Return the robust z of each day against the own 28 days before, in units of three."""
    found: dict[str, list[Strength]] = {}
    for vital, series in past.series.items():
        if MEASURES[vital].group is Group.BODY:
            found.setdefault(problem_of(vital), []).append(_z(past, vital, series))
    return {problem: _together(each) for problem, each in found.items()}


def _z(past: History, vital: Vital, series: Series) -> Strength:
    days = series.daily.days
    last = np.searchsorted(series.days, days, side="right") - 1
    factor = np.zeros(len(days))
    for i, (day, value) in enumerate(zip(days.tolist(), series.daily.medians, strict=True)):
        usual = baseline.usual(past, vital, before=day, days=baseline.SPAN_DAYS)
        if usual is not None and usual.days >= LEAST_DAYS:
            factor[i] = abs(value - usual.centre) / usual.spread / THREE
    return Strength(series.received[last], factor)


def news2_like(past: History) -> Strengths:
    """Return the points of the NEWS2 chart so far each day, of what was measured, in mediums.

    Sets at home are seldom complete: what was not measured counts nothing. Consciousness is
    not asked.
    """
    own = [(vital, past.series[vital]) for vital in FULL_SET if vital in past.series]
    if not own:
        return {}
    worst: dict[int, dict[Vital, int]] = {}
    rows = sorted(
        (received, day, vital, points)
        for vital, series in own
        for received, day, points in zip(
            series.received.tolist(),
            series.days.tolist(),
            banded(vital, series.values, scale_two=past.person.scale_two).tolist(),
            strict=True,
        )
    )
    oxygen, total = ON_OXYGEN if past.person.on_oxygen else 0, []
    for _, day, vital, points in rows:
        known = worst.setdefault(day, {})
        known[vital] = max(points, known.get(vital, 0))
        total.append(sum(known.values()) + oxygen)
    times = np.array([received for received, *_ in rows], dtype=np.float64)
    return {"early_warning": Strength(times, np.array(total) / MEDIUM)}


def symptoms_alone(past: History) -> Strengths:
    """Return how bad the answers of the last days are: breathlessness above usual, complaints."""
    moments, points = [], []
    for vital, series in past.series.items():
        if MEASURES[vital].group is not Group.ANSWER:
            continue
        moments.append(series.received)
        if vital is Vital.BREATHLESSNESS:
            usual = [
                float(np.median(series.values[max(0, i - baseline.SPAN_DAYS) : i + 1]))
                for i in range(len(series))
            ]
            points.append((series.values - usual) / WORSE_BY)
        else:
            points.append(np.full(len(series), ANSWER_POINTS.get(vital, 1.0)) * series.values)
    if not moments:
        return {}
    times, each = np.concatenate(moments), np.maximum(np.concatenate(points), 0.0)
    order = np.argsort(times, kind="stable")
    times, total = times[order], np.concatenate([[0.0], np.cumsum(each[order])])
    start = np.searchsorted(times, times - AGAIN_DAYS * DAY, side="right")
    return {"answers": Strength(times, total[1:] - total[start])}


def _together(each: list[Strength]) -> Strength:
    times = np.concatenate([one.times for one in each])
    order = np.argsort(times, kind="stable")
    return Strength(times[order], np.concatenate([one.factor for one in each])[order])


COMPARATORS: dict[str, Callable[[History], Strengths]] = {
    "guideline weight rule": weight_rule,
    "fixed thresholds": fixed_limits,
    "NEWS2-like": news2_like,
    "|z| > 3, own 28 days": personal_z,
    "daily answers alone": symptoms_alone,
}
