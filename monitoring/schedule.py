"""When each measurement of a person is expected next, and why one that was expected is missing.

From what the programme asked for, else from the person's own habit; where neither says
anything, nothing is expected. All in the local days of the person's zone, whose days may have
23, 23.5, 24.5 or 25 hours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import MEASURES, Group
from monitoring.adherence import ALONE_MEASURED
from monitoring.home import Excuse, excuse, expected_from
from monitoring.windows import local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from core.vitals import Vital
    from ingest.asked import Asked
    from monitoring.moment import Moment

HABIT_DAYS = 56  # E: eight weeks, so that a weekly habit shows
LEAST_GAPS = 5  # E: fewer say nothing of a habit
MOST = 0.8  # E: so many of the own gaps were no longer than what is waited for
REGULAR = 2.0  # E: how much longer than the median that may be, and one day more, or it is no habit
HABIT_GRACE = timedelta(hours=24)  # E


class Source(StrEnum):
    """Who says when a measurement is expected."""

    PROGRAMME = "as asked"
    HABIT = "as usual"


class Lack(StrEnum):
    """Why a measurement is missing where nothing excuses it."""

    NOT_MEASURED = "not measured"
    DEVICE_FAULT = "the device sent no usable value"


@dataclass(frozen=True, slots=True)
class Expected:
    """One vital's next measurement: late from `late_at` on (seconds), every `every` days."""

    vital: Vital
    late_at: float
    every: int
    source: Source


def expected(now: Moment, vital: Vital) -> Expected | None:
    """Return when the next measurement after the last one is late; None where none is expected."""
    plan = next((each for each in now.person.asked if each.vital is vital), None)
    if plan is not None:
        return _asked(now, plan)
    if MEASURES[vital].group is not Group.BODY or vital in ALONE_MEASURED:
        return None
    return _habit(now, vital)


def all_expected(now: Moment) -> Iterator[Expected]:
    """Yield what is expected of a person: of every vital that was asked for, or has a habit."""
    vitals = {*now.past.series, *(each.vital for each in now.person.asked)}
    yield from (e for vital in sorted(vitals) if (e := expected(now, vital)) is not None)


def _asked(now: Moment, plan: Asked) -> Expected:
    series, zone = now.series(plan.vital), zone_of(now.person.zone)
    last = plan.since.timestamp()
    if series is not None:
        last = max(last, float(series.times[-1]))
    last = expected_from(now, last)
    every = math.ceil(7 / len(plan.days))
    return Expected(plan.vital, _late(plan, last, zone), every, Source.PROGRAMME)


def _late(plan: Asked, last: float, zone: tzinfo) -> float:
    """Return when the first measurement that `last` does not answer is late."""
    grace = plan.grace.total_seconds()
    day = local_day(last, zone)
    while True:
        if (day - 1) % 7 in plan.days:  # the first of January of the year 1 was a Monday
            for hour in plan.times:
                at = datetime.combine(date.fromordinal(day), hour, tzinfo=zone).timestamp()
                if at - grace > last:
                    return at + grace
            if not plan.times and day > local_day(last, zone):
                return midnight(day + 1, zone) + grace
        day += 1


def _habit(now: Moment, vital: Vital) -> Expected | None:
    """Return what the own days of measuring say: the wait that most of the gaps kept within."""
    series = now.series(vital)
    if series is None:
        return None
    days = series.daily.days
    gaps = np.sort(np.diff(days[days.searchsorted(days[-1] - HABIT_DAYS) :]))
    if len(gaps) < LEAST_GAPS:
        return None
    usual, most = int(gaps[(len(gaps) - 1) // 2]), int(gaps[math.ceil(MOST * len(gaps)) - 1])
    if most > REGULAR * usual + 1:
        return None
    zone = zone_of(now.person.zone)
    last = local_day(expected_from(now, float(series.times[-1])), zone)
    late = midnight(last + most + 1, zone) + HABIT_GRACE.total_seconds()
    return Expected(vital, late, usual, Source.HABIT)


def midnight(day: int, zone: tzinfo) -> float:
    """Return the instant at which a local day, by its ordinal, begins."""
    return datetime.combine(date.fromordinal(day), time(), tzinfo=zone).timestamp()


def days_after(instant: float, days: int, zone: tzinfo) -> float:
    """Return the same local hour some days later, whatever the clocks do between."""
    local = datetime.fromtimestamp(instant, zone)
    return (local + timedelta(days=days)).timestamp() if days else instant


def why(now: Moment, vital: Vital) -> Excuse | Lack:
    """Tell apart why an expected measurement is not there."""
    excused = excuse(now)
    if excused is not None:
        return excused
    series = now.series(vital)
    last = float(series.times[-1]) if series is not None else -math.inf
    spoke = any(kept.vital is vital and kept.time > last for kept in now.past.kept)
    return Lack.DEVICE_FAULT if spoke else Lack.NOT_MEASURED
