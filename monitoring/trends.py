"""What days say: changes, drifts from the person's own usual, and repeated days.

All work on daily medians of local days, and only on a day that has a reading itself, so a
quiet day neither starts nor repeats a finding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from monitoring.baseline import median
from monitoring.findings import Missing
from monitoring.home import excused_on
from monitoring.likeness import DAYS, NONE, one_part_of_week
from monitoring.moment import Hit, evidence, kept_evidence
from monitoring.rule_kinds import DriftRule, SustainedRule
from monitoring.rules import proves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.vitals import Vital
    from monitoring.daily import Daily
    from monitoring.findings import Evidence, Usual
    from monitoring.moment import Moment
    from monitoring.rule_kinds import ChangeRule, RepeatedDaysRule
    from monitoring.series import Floats, Series

_DIGITS = 6  # a gain of 1.36 kg is 1.3599999999999994 in binary
_SHOWN = 6  # readings named as evidence of a long window


def change(rule: ChangeRule, now: Moment) -> Iterator[Hit]:
    """Compare the latest days with the lowest (or highest) of the days before them."""
    series = now.today(rule.vital)
    if series is None:
        return
    window = series.daily.between(now.day - rule.window_days, now.day)
    reference = _reference(rule, window, now.day)
    if reference is None:
        return
    recent = median(window.medians[window.days > now.day - rule.recent_days])
    amount = recent - reference
    relative = amount / reference if rule.fraction else amount
    if not rule.comparison.holds(round(relative, _DIGITS), rule.amount):
        return
    first = int(series.days.searchsorted(now.day - rule.window_days))
    usual = now.usual(rule.vital, window=rule.window_days, days=28)
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=float(series.times[-1]),
        day=now.day,
        vital=rule.vital,
        value=recent,
        limit=reference * (1 + rule.amount) if rule.fraction else reference + rule.amount,
        usual=usual,
        change=amount,
        since=float(series.times[first]),
        span=float(rule.window_days),
        evidence=_spread(series, rule.vital, first),
        missing=() if usual else (Missing.BASELINE,),
    )


def _reference(rule: ChangeRule, window: Daily, day: int) -> float | None:
    """Return what the latest days are compared with: the extreme of the days before them."""
    before = window.medians[window.days <= day - rule.recent_days]
    if len(before) < rule.recent_days:
        return None
    smooth = _running_median(before, rule.recent_days)
    return float(smooth.min() if rule.comparison.upward else smooth.max())


def _running_median(values: Floats, width: int) -> Floats:
    if width == 1:
        return values
    # np.median costs three times as much on so few days.
    ordered = np.sort(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)
    return np.asarray(ordered[:, (width - 1) // 2] + ordered[:, width // 2]) / 2


def sustained(rule: SustainedRule, now: Moment) -> Iterator[Hit]:
    """Count the days, of the last few, on which the person was off their usual."""
    for vital in rule.vitals:
        series = now.today(vital)
        if series is None:
            continue
        usual = now.usual(vital, window=rule.of_days, days=rule.usual_days)
        if usual is None:
            continue
        recent = now.recent(vital, window=rule.of_days, days=rule.usual_days)
        off = _off(recent.medians - usual.centre, rule.change)
        count = int(np.count_nonzero(off))
        if count < rule.on_days or not off[-1]:
            continue
        hit = _off_usual(rule, vital, now, float(recent.medians[-1]), usual)
        yield replace(hit, count=count)
        return


def _off(differences: Floats, amount: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    rounded = np.round(differences, _DIGITS)
    return rounded >= amount if amount > 0 else rounded <= amount


def drift(rule: DriftRule, now: Moment) -> Iterator[Hit]:
    """Compare the median of the latest days with that of the weeks before."""
    for vital in rule.vitals:
        series = now.today(vital)
        if series is None:
            continue
        recent = now.recent(vital, window=rule.recent_days, days=rule.usual_days)
        like = DAYS if one_part_of_week(recent.days) else NONE
        usual = now.usual(vital, window=rule.recent_days, days=rule.usual_days, like=like)
        if usual is None or len(recent.days) < rule.least_recent:
            continue
        value = median(recent.medians)
        if not _drifted(rule, value, usual.centre):
            continue
        if rule.at_home:
            there = recent.medians[[not excused_on(now, vital, d) for d in recent.days.tolist()]]
            if len(there) < rule.least_recent or not _drifted(rule, median(there), usual.centre):
                continue
            value = median(there)
        yield _off_usual(rule, vital, now, value, usual)
        return


def _drifted(rule: DriftRule, value: float, centre: float) -> bool:
    if rule.ratio is not None:
        return centre > 0 and round(value / centre, _DIGITS) <= rule.ratio
    return bool(rule.change is not None and _off(np.array([value - centre]), rule.change)[0])


def _off_usual(
    rule: SustainedRule | DriftRule, vital: Vital, now: Moment, value: float, usual: Usual
) -> Hit:
    series = now.past.series[vital]
    days = rule.of_days if isinstance(rule, SustainedRule) else rule.recent_days
    first = int(series.days.searchsorted(now.day - days + 1))
    return Hit(
        rule=rule,
        severity=rule.severity,
        at=float(series.times[-1]),
        day=now.day,
        vital=vital,
        value=value,
        limit=_limit(rule, usual.centre),
        usual=usual,
        change=value - usual.centre,
        since=float(series.times[first]),
        span=float(days),
        evidence=_spread(series, vital, first),
    )


def _limit(rule: SustainedRule | DriftRule, centre: float) -> float:
    if isinstance(rule, DriftRule) and rule.ratio is not None:
        return centre * rule.ratio
    return centre + (rule.change or 0.0)


def repeated_days(rule: RepeatedDaysRule, now: Moment) -> Iterator[Hit]:
    """Find a reading beyond the limit on each of the last consecutive days."""
    found = [_worst_of_day(rule, now, now.day - back) for back in range(rule.days)]
    worst = [each for each in found if each is not None]
    if len(worst) < rule.days:
        return
    latest = worst[0]
    usual = now.usual(rule.vital, window=rule.days, days=28)
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=latest.effective.timestamp(),
        day=now.day,
        vital=rule.vital,
        value=latest.value,
        limit=rule.limit,
        usual=usual,
        change=latest.value - usual.centre if usual else None,
        since=worst[-1].effective.timestamp(),
        span=float(rule.days),
        count=len(worst),
        evidence=tuple(reversed(worst)),
        missing=() if usual else (Missing.BASELINE,),
    )


def _worst_of_day(rule: RepeatedDaysRule, now: Moment, day: int) -> Evidence | None:
    for bound in now.past.bounds:
        if bound.vital is rule.vital and bound.day == day and proves(bound, rule):
            return kept_evidence(bound)
    series = now.series(rule.vital)
    if series is None:
        return None
    first, last = (int(i) for i in series.days.searchsorted((day, day + 1)))
    if first == last:
        return None
    values = series.values[first:last]
    worst = first + int(values.argmax() if rule.comparison.upward else values.argmin())
    if not rule.comparison.holds(float(series.values[worst]), rule.limit):
        return None
    return evidence(series, rule.vital, [worst])[0]


def _spread(series: Series, vital: Vital, first: int) -> tuple[Evidence, ...]:
    """Return at most a handful of readings from `first` on, first and last always in it."""
    last = len(series) - 1
    chosen = np.unique(np.linspace(first, last, min(_SHOWN, last - first + 1)).astype(int))
    return evidence(series, vital, chosen.tolist())
