"""Whether one fact of a combined rule holds at a moment, and by which readings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, overload

import numpy as np

from monitoring.baseline import LEAST_DAYS, median
from monitoring.moment import evidence
from monitoring.series import part

if TYPE_CHECKING:
    from core.vitals import Vital
    from monitoring.criteria import Test
    from monitoring.findings import Evidence, Usual
    from monitoring.moment import Moment
    from monitoring.series import Bools, Floats
    from monitoring.windows import Series

HOUR = 3_600.0
BESIDE = 600.0  # seconds between two postures: as long as a pair of OH-1 (E)
DIGITS = 6  # 37.6 - 36.5 is 1.1000000000000014


@dataclass(frozen=True, slots=True)
class Held:
    """A fact that holds: since when it is known, and what it rests on."""

    words: str
    at: float
    vital: Vital | None = None
    value: float | None = None
    limit: float | None = None
    usual: Usual | None = None
    change: float | None = None
    evidence: tuple[Evidence, ...] = ()


def held(test: Test, hours: float, now: Moment) -> Held | None:
    """Return the fact where it holds within the last `hours`, else None."""
    if test.scale_two is not None and test.scale_two != now.person.scale_two:
        return None
    series = now.series(test.vital)
    if series is None or now.at - float(series.times[-1]) > hours * HOUR:
        return None
    if test.ever:
        series = _until_worst(test, series, now.at - hours * HOUR)
    if test.limit is None:
        return _changed(test, series, now)
    if test.of_days or test.days > 1:
        return _on_days(test, test.limit, series, now)
    return _readings(test, test.limit, series, now.at - hours * HOUR)


def _until_worst(test: Test, series: Series, start: float) -> Series:
    """Return the series up to its newest reading since `start` that is beyond the limit.

    Of a test against the usual, up to its furthest.
    """
    first = int(series.times.searchsorted(start))
    values = series.values[first:]
    if test.limit is None:
        worst = int(values.argmax() if test.comparison.upward else values.argmin())
        return _up_to(series, first + worst)
    beyond = _beyond(test, test.limit, values)
    if not beyond.any():
        return series
    taken_back = np.zeros(len(values), dtype=np.bool_)  # by a repeat that comes soon after
    soon = np.diff(series.times[first:]) <= 60 * test.repeat_minutes
    taken_back[:-1] = soon & ~beyond[1:]
    standing = np.flatnonzero(beyond & ~taken_back)
    return _up_to(series, first + int(standing[-1])) if len(standing) else series


def _up_to(series: Series, i: int) -> Series:
    last = len(series) - 1
    return series if i == last else part(series, np.arange(last + 1) <= i)


def _changed(test: Test, series: Series, now: Moment) -> Held | None:
    """Compare with another vital, with the days before, or with the usual."""
    if test.beside is not None:
        return _off_other(test, test.beside, series, now)
    return _off_days_before(test, series) if test.within_days else _off_usual(test, series, now)


def _off_other(test: Test, beside: Vital, series: Series, now: Moment) -> Held | None:
    """Compare the latest reading with that of another vital at about the same time."""
    other = now.series(beside)
    if other is None or abs(float(series.times[-1] - other.times[-1])) > BESIDE:
        return None
    found = _off(test, series, float(other.values[-1]))
    if found is None:
        return None
    both = (*evidence(other, beside, [len(other) - 1]), *found.evidence)
    return replace(found, at=max(found.at, float(other.times[-1])), evidence=both)


def _off_days_before(test: Test, series: Series) -> Held | None:
    """Compare the latest reading with the lowest, or highest, of the days before it."""
    day = int(series.days[-1])
    before = series.daily.between(day - test.within_days, day - 1).medians
    if not len(before):
        return None
    return _off(test, series, float(before.min() if test.comparison.upward else before.max()))


def _off(test: Test, series: Series, reference: float) -> Held | None:
    value = float(series.values[-1])
    limit = reference * test.ratio if test.ratio is not None else reference + (test.change or 0.0)
    if not test.comparison.holds(round(value, DIGITS), round(limit, DIGITS)):
        return None
    return _of_last(test, series, value, limit, change=value - reference)


def _readings(test: Test, limit: float, series: Series, start: float) -> Held | None:
    """Judge the latest reading, and as many before it as must agree."""
    last = len(series) - 1
    if not test.of_last and not _beyond(test, limit, float(series.values[last])):
        return None
    beyond = [last]
    if test.times > 1:
        first = int(series.times.searchsorted(start))
        first = max(first, len(series) - test.of_last) if test.of_last else first
        beyond = (first + np.flatnonzero(_beyond(test, limit, series.values[first:]))).tolist()
    if len(beyond) < test.times or (test.new and _held_before(test, limit, series, beyond[0])):
        return None
    if test.rise and not _risen(test, series, last):
        return None
    chosen = beyond[-test.times :]
    return _of_readings(test, series, chosen, limit)


@overload
def _beyond(test: Test, limit: float, value: float) -> bool: ...


@overload
def _beyond(test: Test, limit: float, value: Floats) -> Bools: ...


def _beyond(test: Test, limit: float, value: float | Floats) -> bool | Bools:
    past = test.comparison.holds(value, limit)
    if test.short_of is None:
        return past
    return past & (value < test.short_of if test.comparison.upward else value >= test.short_of)


def _held_before(test: Test, limit: float, series: Series, first: int) -> bool:
    """Return whether the same held on one of the days before that of reading `first`."""
    today = int(series.days[first])
    low, high = (int(i) for i in series.days.searchsorted((today - test.new, today)))
    return bool(_beyond(test, limit, series.values[low:high]).any())


def _risen(test: Test, series: Series, last: int) -> bool:
    """Return whether an answer lies off those of the days before; True while few are known."""
    today = int(series.days[last])
    low, high = (int(i) for i in series.days.searchsorted((today - test.usual_days, today)))
    if high - low < LEAST_DAYS:
        return True
    change = float(series.values[last]) - median(series.values[low:high])
    return change >= test.rise if test.comparison.upward else change <= -test.rise


def _on_days(test: Test, limit: float, series: Series, now: Moment) -> Held | None:
    """Count the local days on which some reading was beyond the limit; today's must be one."""
    first = int(series.days.searchsorted(now.day - max(test.of_days, test.days) + 1))
    found: dict[int, int] = {}
    for i in range(first, len(series)):
        if _beyond(test, limit, float(series.values[i])):
            found[int(series.days[i])] = i
    if len(found) < test.days or now.day not in found:
        return None
    return _of_readings(test, series, sorted(found.values()), limit)


def _off_usual(test: Test, series: Series, now: Moment) -> Held | None:
    """Compare the latest days with the usual of the days before them."""
    window = max(test.days, test.of_days)
    usual = now.usual(test.vital, window=window, days=test.usual_days)
    if usual is None or usual.days < test.least_days:
        return None
    if test.of_days:
        return _days_off(test, usual, series, now)
    if test.days > 1:
        recent = (
            now.recent(test.vital, window=window, days=test.usual_days)
            .between(now.day - test.days + 1, now.day)
            .medians
        )
        if len(recent) < min(2, test.days):
            return None
        value = median(recent)
    else:
        value = float(series.values[-1])
    limit = _limit(test, usual)
    if not test.comparison.holds(round(value, DIGITS), round(limit, DIGITS)):
        return None
    if round(abs(value - usual.centre), DIGITS) < round(test.least_spreads * usual.spread, DIGITS):
        return None
    first = int(series.days.searchsorted(now.day - test.days + 1)) if test.days > 1 else -1
    chosen = np.unique([first % len(series), len(series) - 1]).tolist()
    return replace(
        _of_last(test, series, value, limit, usual=usual, change=value - usual.centre),
        evidence=evidence(series, test.vital, chosen),
    )


def _days_off(test: Test, usual: Usual, series: Series, now: Moment) -> Held | None:
    """Count the days, of the last few, whose median is off the usual; today's must be one."""
    limit = _limit(test, usual)
    window = max(test.days, test.of_days)
    recent = now.recent(test.vital, window=window, days=test.usual_days).between(
        now.day - test.of_days + 1, now.day
    )
    off = [
        test.comparison.holds(round(float(m), DIGITS), round(limit, DIGITS)) for m in recent.medians
    ]
    if sum(off) < test.days or int(recent.days[-1]) != now.day or not off[-1]:
        return None
    value = float(recent.medians[-1])
    return _of_last(test, series, value, limit, usual=usual, change=value - usual.centre)


def _limit(test: Test, usual: Usual) -> float:
    if test.change is not None:
        return usual.centre + test.change
    if test.ratio is not None:
        return usual.centre * test.ratio
    return usual.centre + (test.spreads or 0.0) * usual.spread


def _of_readings(test: Test, series: Series, chosen: list[int], limit: float) -> Held:
    """Return the fact that rests on these readings and is known with the last of them."""
    return Held(
        test.words,
        float(series.times[chosen[-1]]),
        test.vital,
        float(series.values[chosen[-1]]),
        limit,
        evidence=evidence(series, test.vital, chosen),
    )


def _of_last(  # noqa: PLR0913 (what was compared, with what, and by how much it is off)
    test: Test,
    series: Series,
    value: float,
    limit: float,
    *,
    change: float,
    usual: Usual | None = None,
) -> Held:
    """Return the fact that the newest reading completes; `value` may sum several of them."""
    last = _of_readings(test, series, [len(series) - 1], limit)
    return replace(last, value=value, usual=usual, change=change)
