"""A scale that reads otherwise from one day to the next, for good: moved, or another scale.

The body may truly have changed, so nothing is taken from the rules about weight: support asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.vitals import Severity, Vital  # noqa: TC001 (toml_values reads the annotations)
from monitoring.baseline import DEVICE_ERROR, describe, median
from monitoring.moment import Hit, evidence
from monitoring.phrases import Phrase
from monitoring.rule_kinds import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Usual
    from monitoring.moment import Moment
    from monitoring.series import Series

SLACK = 1.0  # seconds
DIGITS = 6  # 81.5 - 80.2 is 1.2999999999999972


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedScaleRule(Rule):
    """A step between two days that the `after` days since it keep to.

    It is at least `amount`, or `amount_same` where the same device took both sides; and at least
    `spreads` of the `before` days before it. The days since lie within `within` of each other.
    """

    severity: Severity
    vital: Vital
    amount: float
    amount_same: float
    spreads: float
    within: float
    before: int
    after: int
    most_days: int  # between the two days of the step


class _Step(NamedTuple):
    change: float
    level: float
    usual: Usual
    first: int  # index of the first reading after it


def moved(rule: MovedScaleRule, now: Moment) -> Iterator[Hit]:
    """Look for a step that the newest day completes."""
    series = now.today(rule.vital)
    if series is None or now.at - float(series.times[-1]) > SLACK:
        return
    step = _step(rule, series)
    if step is None or round(abs(step.change), DIGITS) < _least(rule, series, step):
        return
    last = len(series) - 1
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=float(series.times[-1]),
        day=now.day,
        vital=rule.vital,
        value=step.level,
        usual=step.usual,
        change=step.change,
        since=float(series.times[step.first]),
        span=float(rule.after),
        evidence=evidence(series, rule.vital, sorted({step.first - 1, step.first, last})),
        otherwise=Phrase("It would not have fired if the weight had changed over several days."),
    )


def _step(rule: MovedScaleRule, series: Series) -> _Step | None:
    """Return the step before the last days, where they keep to it and the days before to theirs."""
    daily = series.daily
    if len(daily.days) < rule.before + rule.after:
        return None
    since, until = daily.medians[-rule.after :], daily.medians[: -rule.after][-rule.before :]
    if daily.days[-rule.after] - daily.days[-rule.after - 1] > rule.most_days:
        return None
    if round(float(np.ptp(since)), DIGITS) > rule.within:
        return None
    usual = describe(until, rule.vital)
    # The last day before must itself be at home there, or the change was no step.
    if abs(float(until[-1]) - usual.centre) > rule.spreads * usual.spread / 2:
        return None
    level = median(since)
    first = int(series.days.searchsorted(daily.days[-rule.after]))
    return _Step(level - usual.centre, level, usual, first)


def _least(rule: MovedScaleRule, series: Series, step: _Step) -> float:
    other = _another_device(series, step.first)
    least = max(rule.amount if other else rule.amount_same, rule.spreads * step.usual.spread)
    return round(least, DIGITS)


def _another_device(series: Series, first: int) -> bool:
    """Return whether the readings since the step come from a device that none before came from."""
    if series.origin is None:
        return False
    before, since = series.origin.sources[:first], series.origin.sources[first:]
    named = bool((since >= 0).all() and (before >= 0).any())
    return named and not bool(np.isin(since, before).any())


def vitals(rule: MovedScaleRule) -> frozenset[Vital]:
    """Return the one vital."""
    return frozenset({rule.vital})


def faults(rule: MovedScaleRule) -> Iterator[str]:
    """Tell of a step that is within the device's error, or the other way round."""
    if rule.amount <= DEVICE_ERROR.get(rule.vital, 0.0):
        yield "amount must be above the device's error"
    if rule.amount_same < rule.amount:
        yield "amount_same must not be below amount: another device is the likelier reason"
    if min(rule.before, rule.after) < 2:  # noqa: PLR2004 (one day is no level)
        yield "before and after must be at least 2 days"
