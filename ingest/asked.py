"""What the programme asked somebody to measure, on which days, when, and how late is late."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from core.errors import InvalidError
from core.vitals import MEASURES, Group, Vital

if TYPE_CHECKING:
    from collections.abc import Iterable

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GRACE_HOURS = 12.0  # E: after the day is over, or after the hour that was named
LONGEST_GRACE = 14 * 24.0
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Asked:
    """One vital that somebody was asked to measure, in the local time of their zone.

    `days` are weekdays, Monday being 0; without `times` any hour of the day will do. Counted
    from `since` on. Late is what `grace` after its hour, or after its day, was not measured.
    """

    vital: Vital
    since: datetime
    days: frozenset[int] = frozenset(range(7))
    times: tuple[time, ...] = ()
    grace: timedelta = timedelta(hours=GRACE_HOURS)

    def words(self) -> str:
        """Return it in a few words, such as `Weight on mon, thu at 08:00, 12 h of grace`."""
        every = len(self.days) == len(WEEKDAYS)
        days = "every day" if every else f"on {', '.join(WEEKDAYS[d] for d in sorted(self.days))}"
        times = f" at {', '.join(f'{t:%H:%M}' for t in self.times)}" if self.times else ""
        hours = self.grace / timedelta(hours=1)
        return f"{MEASURES[self.vital].display} {days}{times}, {hours:g} h of grace"


def asked(
    vital: Vital, days: Iterable[str], times: Iterable[str], *, grace: float, since: datetime
) -> Asked:
    """Return what was asked for in words: weekdays as `mon`, hours as `08:00`.

    Raises
    ------
    InvalidError
        For a vital that nobody can be asked to measure, an unknown weekday, an hour that is
        none, hours closer together than the grace before and after them, or a grace beyond
        two weeks.
    """
    named, clock = [day.lower()[:3] for day in days], sorted(set(times))
    if MEASURES[vital].group is Group.EVENT:
        raise InvalidError(f"nobody can be asked to measure {vital}", field="vital")
    if unknown := sorted(set(named) - set(WEEKDAYS)):
        raise InvalidError(f"no weekday: {', '.join(unknown)}", field="days")
    if wrong := [each for each in clock if not _TIME.fullmatch(each)]:
        raise InvalidError(f"no time of the day as HH:MM: {', '.join(wrong)}", field="at")
    if not 0 <= grace <= LONGEST_GRACE:
        raise InvalidError(f"grace lies between 0 and {LONGEST_GRACE:g} hours", field="grace")
    hours = tuple(time.fromisoformat(each) for each in clock)
    if any(gap < grace for gap in _gaps(hours)):
        raise InvalidError("the grace is longer than the time between two hours", field="grace")
    weekdays = frozenset(WEEKDAYS.index(day) for day in named) or frozenset(range(7))
    return Asked(vital, since, weekdays, hours, timedelta(hours=grace))


def _gaps(times: tuple[time, ...]) -> list[float]:
    hours = [each.hour + each.minute / 60 for each in times]
    return [later - earlier for earlier, later in pairwise(hours)]
