"""Slow drifts of one signal: EWMA and CUSUM charts on daily medians, and the robust z of a day.

The person's own robust centre and spread stand for mean and sigma (Montgomery's constants:
lambda 0.2 with 2.96 sigma, k 0.5 with h 4 to 5). A spread is taken as much wider as it takes to
signal no oftener than published, for it is learnt from few days (`widened.py`). A chart of one
signal says YELLOW at most: with eight signals watched each day, one of them drifts by chance each
few weeks (evidence.md 1.8).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Group, Severity, Vital
from monitoring.likeness import ANY
from monitoring.moment import Hit, evidence
from monitoring.phrases import Phrase
from monitoring.problem_of import problem_of
from monitoring.rule_check import drift_alone
from monitoring.rule_kinds import Rule
from monitoring.widened import widening

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Usual
    from monitoring.moment import Moment
    from monitoring.series import Floats, Series

DIGITS = 6  # 1.1 / 0.2 is 5.499999999999999


class Chart(StrEnum):
    """Which statistic is charted."""

    Z = "z"  # of one day
    EWMA = "ewma"
    CUSUM = "cusum"


class Direction(StrEnum):
    """On which side a drift counts."""

    UP = "up"
    DOWN = "down"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlChartRule(Rule):
    """A chart over the last `days` days against the usual of `usual_days` before them.

    `severity` where the statistic is past `limit` today; `sustained` where it was on `on_days`
    of the last `of_days` days. Without a baseline of `least_days` valid days nothing is charted.
    """

    vitals: tuple[Vital, ...]
    chart: Chart
    limit: float  # in spreads; of an EWMA, in its own sigmas
    direction: Direction = Direction.BOTH
    severity: Severity
    sustained: Severity
    on_days: int = 2
    of_days: int = 3
    days: int = 7
    usual_days: int = 28
    least_days: int = 14
    weight: float = 0.2  # lambda of the EWMA
    allowance: float = 0.5  # k of the CUSUM, in spreads


def control_chart(rule: ControlChartRule, now: Moment) -> Iterator[Hit]:
    """Chart each vital that was measured at this instant."""
    taken = now.taken()
    for vital in rule.vitals:
        series = now.today(vital) if vital in taken else None
        if series is None:
            continue
        usual = now.usual(vital, window=rule.days, days=rule.usual_days)
        if usual is None or usual.days < rule.least_days:
            continue
        recent = now.recent(vital, window=rule.days, days=rule.usual_days)
        signs = _in_spreads(rule.chart, recent.medians, usual)
        if rule.chart is Chart.Z and _single(series):
            usual = now.usual(vital, window=rule.days, days=rule.usual_days, like=ANY) or usual
            signs[-1:] = _in_spreads(rule.chart, recent.medians[-1:], usual)
        charted = statistic(rule, signs)
        if _beyond(rule, charted[-1]):
            often = sum(_beyond(rule, day) for day in charted[-rule.of_days :]) >= rule.on_days
            hit = _hit(rule, vital, series, usual, float(recent.medians[-1]))
            yield replace(hit, severity=rule.sustained) if often else hit


def _in_spreads(chart: Chart, values: Floats, usual: Usual) -> Floats:
    """Return how far values lie off the usual; the device's error is known and not widened."""
    spread = max(usual.spread, usual.estimated * widening(chart, usual.days))
    return (values - usual.centre) / spread


def _single(series: Series) -> bool:
    """Return whether the last day has one reading: a day of several is of no one kind."""
    return len(series) == 1 or bool(series.days[-2] < series.days[-1])


def statistic(rule: ControlChartRule, signs: Floats) -> list[float]:
    """Return the charted statistic of each day of float64[n] in robust spreads, n >= 1.

    A CUSUM carries the greater of its two sums, with the sign of its side.
    """
    if rule.chart is Chart.Z:
        return [float(each) for each in signs]
    return _ewma(rule, signs) if rule.chart is Chart.EWMA else _cusum(rule, signs)


def _ewma(rule: ControlChartRule, signs: Floats) -> list[float]:
    sigma = math.sqrt(rule.weight / (2 - rule.weight))
    mean, found = 0.0, []
    for each in signs.tolist():
        mean = rule.weight * each + (1 - rule.weight) * mean
        found.append(mean / sigma)
    return found


def _cusum(rule: ControlChartRule, signs: Floats) -> list[float]:
    up = down = 0.0
    found = []
    for each in signs.tolist():
        up = max(0.0, up + each - rule.allowance)
        down = max(0.0, down - each - rule.allowance)
        found.append(up if up >= down else -down)
    return found


def _beyond(rule: ControlChartRule, value: float) -> bool:
    value = round(value, DIGITS)
    if rule.direction is Direction.UP:
        return value >= rule.limit
    if rule.direction is Direction.DOWN:
        return value <= -rule.limit
    return abs(value) >= rule.limit


def _hit(rule: ControlChartRule, vital: Vital, series: Series, usual: Usual, value: float) -> Hit:
    first = int(series.days.searchsorted(int(series.days[-1]) - rule.days + 1))
    return Hit(
        rule=rule,
        severity=rule.severity,
        at=float(series.times[-1]),
        day=int(series.days[-1]),
        vital=vital,
        value=value,
        usual=usual,
        problem=problem_of(vital),
        change=value - usual.centre,
        since=float(series.times[first]),
        span=float(rule.days),
        evidence=evidence(series, vital, sorted({first, len(series) - 1})),
        otherwise=Phrase("It would not have fired with this day at the usual."),
    )


def vitals(rule: ControlChartRule) -> frozenset[Vital]:
    """Return the charted vitals."""
    return frozenset(rule.vitals)


def faults(rule: ControlChartRule) -> Iterator[str]:
    """Tell of charts of nothing, and of a chart that would be above YELLOW (multiplicity)."""
    yield from drift_alone(rule.severity)
    yield from drift_alone(rule.sustained)
    if not rule.vitals:
        yield "no vitals"
    for vital in rule.vitals:
        if MEASURES[vital].group is not Group.BODY:
            yield f"{vital}: of answers and events there is no usual"
    if rule.limit <= 0 or not 0 < rule.weight <= 1 or rule.allowance < 0:
        yield "limit must be above 0, weight between 0 and 1, allowance not below 0"
    if not 0 < rule.on_days <= rule.of_days <= rule.days:
        yield "on_days, of_days and days must rise"
