"""Spans of a week in a zone: working hours, on-call patterns, the named hours of a policy.

A span begins and ends where the local clock first shows its times. So two spans that meet on
the clock meet in time too, on the days on which clocks change as on any other (REL-24).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from core.errors import InvalidError
from ingest.asked import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date
    from zoneinfo import ZoneInfo

DAY = 24 * 60
DASH = "\u2013"  # joins a range
EVERY_DAY = frozenset(range(7))
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d(?:\.\d+)?)?|(24):(00)")


@dataclass(frozen=True, slots=True)
class Span:
    """From one local time to another on some weekdays, Monday being 0.

    `start` and `end` are minutes after local midnight. One that does not end after it starts
    ends on the day after, and belongs to the day on which it starts.
    """

    days: frozenset[int]
    start: int
    end: int

    @property
    def length(self) -> int:
        """Return how many minutes it lasts on a day on which no clock changes."""
        return self.end - self.start if self.end > self.start else self.end + DAY - self.start

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return when it begins and ends if it starts on a local day."""
        return wall(day, self.start, zone), wall(day, self.start + self.length, zone)

    def day_of(self, at: datetime, zone: ZoneInfo) -> date | None:
        """Return the local day on which the span that an instant lies in began, or None."""
        today = at.astimezone(zone).date()
        for day in (today, today - timedelta(days=1), today + timedelta(days=1)):
            start, end = self.on(day, zone)
            if day.weekday() in self.days and start <= at < end:
                return day
        return None

    def edges(self, first: date, last: date, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield where it begins and ends on its days from one local day to another."""
        for ahead in range((last - first).days + 1):
            day = first + timedelta(days=ahead)
            if day.weekday() in self.days:
                yield from self.on(day, zone)

    def words(self) -> str:
        """Return it as people write it, days before times."""
        return f"{days_words(self.days)} {clock(self.start)}{DASH}{clock(self.end)}"


def wall(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """Return the instant at which a local clock first shows so many minutes after midnight.

    A time that is left out when clocks go forward is taken as if they had not.
    """
    ahead, rest = divmod(minutes, DAY)
    later = day + timedelta(days=ahead)
    local = datetime(later.year, later.month, later.day, rest // 60, rest % 60, tzinfo=zone)
    return local.astimezone(UTC)


def span(days: Iterable[str] | str, start: str, end: str, *, field: str = "hours") -> Span:
    """Return a span by its words: days as `mon` or `mon-fri` (none: all), times as `08:00`.

    Raises `InvalidError` that names the field and what is wrong.
    """
    named = days.split(",") if isinstance(days, str) else list(days)
    return Span(weekdays(named, field=field), minutes(start, field), minutes(end, field))


def weekdays(named: Iterable[str], *, field: str) -> frozenset[int]:
    """Return weekdays by `mon` or `fri-sun`; all of them where none is named."""
    found: set[int] = set()
    for each in (name.strip().lower() for name in named):
        if not each:
            continue
        first, dash, last = each.partition("-")
        ends = [_weekday(first, field), _weekday(last if dash else first, field)]
        found |= {(ends[0] + n) % 7 for n in range((ends[1] - ends[0]) % 7 + 1)}
    return frozenset(found) or EVERY_DAY


def _weekday(name: str, field: str) -> int:
    if name not in WEEKDAYS:
        raise InvalidError(f"{field}: {name!r} is no weekday such as mon", field=field)
    return WEEKDAYS.index(name)


def minutes(text: str, field: str) -> int:
    """Return minutes after midnight of `08:00`, up to `24:00`; raise `InvalidError` else."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise InvalidError(f"{field}: {text!r} is no time such as 08:00", field=field)
    hour, minute = (int(part) for part in found.groups() if part is not None)
    return hour * 60 + minute


def clock(minute: int) -> str:
    """Return minutes after midnight as a clock shows them; the end of a day is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def days_words(days: frozenset[int]) -> str:
    """Return weekdays in few words: `every day`, `mon-fri`, `mon, wed`."""
    if days == EVERY_DAY:
        return "every day"
    listed = sorted(days)
    if len(listed) > 2 and listed == list(range(listed[0], listed[-1] + 1)):  # noqa: PLR2004 (a run)
        return f"{WEEKDAYS[listed[0]]}-{WEEKDAYS[listed[-1]]}"
    return ", ".join(WEEKDAYS[day] for day in listed)
