"""Which instants belong to an ISO week of a site, whatever its clocks do meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Self

from core.errors import InvalidError

_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week in the site's zone: from Monday 00:00 to the next Monday 00:00."""

    monday: date
    zone: tzinfo

    @classmethod
    def parse(cls, text: str, *, zone: tzinfo) -> Self:
        """Read "2026-W47"; raise `InvalidError` for a week that does not exist."""
        found = _WEEK.fullmatch(text)
        if found is None:
            raise InvalidError("a week is written like 2026-W47", field="week")
        try:
            monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError as error:
            raise InvalidError("there is no such week", field="week") from error
        return cls(monday, zone)

    @classmethod
    def of(cls, at: datetime, *, zone: tzinfo) -> Self:
        """Return the week that holds an instant."""
        day = at.astimezone(zone).date()
        return cls(day - timedelta(days=day.weekday()), zone)

    def shifted(self, weeks: int) -> Week:
        """Return a week some weeks later, or earlier."""
        return Week(self.monday + timedelta(weeks=weeks), self.zone)

    def midnight(self, day: date) -> datetime:
        """Return when a day of the site begins."""
        return datetime.combine(day, time(), tzinfo=self.zone)

    @property
    def start(self) -> datetime:
        """Return the first instant."""
        return self.midnight(self.monday)

    @property
    def end(self) -> datetime:
        """Return the first instant after it: never 168 hours by assumption (DST)."""
        return self.midnight(self.monday + timedelta(days=7))

    def __str__(self) -> str:
        """Return it as ISO 8601 writes it."""
        year, week, _ = self.monday.isocalendar()
        return f"{year}-W{week:02d}"
