"""Somebody who measured nearly each day and all but stopped: missing is information too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.vitals import MEASURES, Group, Severity
from monitoring.moment import Hit
from monitoring.phrases import Phrase, whole
from monitoring.rule_kinds import Rule
from monitoring.windows import DAY, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from core.vitals import Vital
    from monitoring.moment import Moment

    Days = NDArray[np.int64]

ALONE_MEASURED = ("steps", "sleep", "motion", "night_bathroom", "motion_gap")  # by devices, unasked


@dataclass(frozen=True, slots=True, kw_only=True)
class AdherenceRule(Rule):
    """Measured on `before` of the `usual_days` days, then on at most `after` of `recent_days`."""

    severity: Severity
    usual_days: int
    recent_days: int
    before: float
    after: float


def adherence(rule: AdherenceRule, now: Moment) -> Iterator[Hit]:
    """Compare the shares of days with a measurement, on the first day that they fall apart."""
    expected = _expected(now)
    if _still_kept(rule, expected, now) or _was_absent(rule, now):
        return
    days = _Days(_measured(now), expected)
    if not _fallen(rule, days, now.day):
        return
    if _fallen(rule, days, now.day - 1):
        return  # said yesterday
    recent, usual = _shares(rule, days, now.day)
    midnight = datetime.combine(now.date, time(), tzinfo=zone_of(now.person.zone))
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=midnight.timestamp(),
        day=now.day,
        count=round(100 * recent),
        span=float(rule.recent_days),
        remark=whole(100 * usual),
        otherwise=Phrase(
            "It would not have fired with measurements on more than {limit} % of days.",
            {"limit": whole(100 * rule.after)},
        ),
    )


def _still_kept(rule: AdherenceRule, expected: frozenset[int], now: Moment) -> bool:
    """Return whether a single stream alone has gone on; most days are over with the first."""
    first, last = now.day - rule.recent_days, now.day - 1
    return any(
        _share(_Days(series.daily.days, expected), first, last) > rule.after
        for vital in _counted(now)
        if (series := now.series(vital)) is not None
    )


def _was_absent(rule: AdherenceRule, now: Moment) -> bool:
    """Return whether a stay in hospital or a pause lies in the days that are compared."""
    start = now.at - (rule.usual_days + rule.recent_days + 1) * DAY
    begun = (stay for stay in now.person.stays if stay.since.timestamp() <= now.at)
    ends = [stay.until for stay in begun]
    return any(end is None or end.timestamp() >= start for end in ends)


class _Days(NamedTuple):
    """The days with a measurement, and the weekdays (Monday 0) on which one is expected."""

    measured: Days
    expected: frozenset[int]


def _fallen(rule: AdherenceRule, days: _Days, today: int) -> bool:
    recent, usual = _shares(rule, days, today)
    return usual >= rule.before and recent <= rule.after


def _shares(rule: AdherenceRule, days: _Days, today: int) -> tuple[float, float]:
    """Return the shares of the recent and of the usual days; today is not over yet."""
    turn = today - rule.recent_days
    return _share(days, turn, today - 1), _share(days, turn - rule.usual_days, turn - 1)


def _expected(now: Moment) -> frozenset[int]:
    """Return the weekdays on which the programme asked for anything; all where it did not."""
    asked = frozenset().union(*(each.days for each in now.person.asked))
    return asked or frozenset(range(7))


def _counted(now: Moment) -> Iterator[Vital]:
    """Yield the vitals whose readings make a day one on which something was measured."""
    for vital in now.past.series:
        if MEASURES[vital].group is not Group.EVENT and vital not in ALONE_MEASURED:
            yield vital


def _measured(now: Moment) -> Days:
    found = [s.daily.days for vital in _counted(now) if (s := now.series(vital)) is not None]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _share(days: _Days, first: int, last: int) -> float:
    """Return the share of the expected days that were kept; where none was, all are."""
    due = sum((day - 1) % 7 in days.expected for day in range(first, last + 1))
    low, high = days.measured.searchsorted((first, last + 1))
    return min(float(high - low) / due, 1.0) if due else 1.0
