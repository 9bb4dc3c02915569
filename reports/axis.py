"""Where a value and an instant land on a picture, and which round numbers stand beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
WANTED_TICKS = 4
WANTED_DAYS = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from (instant, value) to (x, y); y grows downwards."""

    start: datetime
    end: datetime
    low: float
    high: float
    width: float
    height: float

    @classmethod
    def around(
        cls,
        values: Sequence[float],
        *,
        start: datetime,
        end: datetime,
        width: float,
        height: float,
    ) -> Self:
        """Return a scale that holds all values with a little air above and below."""
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        air = (high - low) * 0.08 or max(abs(high) * 0.02, 0.5)
        return cls(start, end, low - air, high + air, width, height)

    def x(self, at: datetime) -> float:
        """Return the distance from the left edge."""
        span = (self.end - self.start).total_seconds() or 1.0
        return self.width * (at - self.start).total_seconds() / span

    def y(self, value: float) -> float:
        """Return the distance from the top edge."""
        return self.height * (self.high - value) / (self.high - self.low)

    def place(self, at: datetime, value: float) -> tuple[float, float]:
        """Return (x, y)."""
        return self.x(at), self.y(value)


def ticks(low: float, high: float, wanted: int = WANTED_TICKS) -> list[float]:
    """Return about `wanted` round values inside the range, ascending."""
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in STEPS if power * nice >= rough * 0.999)
    first = math.ceil(low / step)
    return [index * step for index in range(first, math.floor(high / step) + 1)]


def day_ticks(
    start: datetime, end: datetime, *, zone: tzinfo, wanted: int = WANTED_DAYS
) -> list[tuple[datetime, date]]:
    """Return the local midnights that are labelled, evenly spread, with the days they begin."""
    day = start.astimezone(zone).date() + timedelta(days=1)
    last = end.astimezone(zone).date()
    step = max(((last - day).days + wanted - 1) // wanted, 1)
    marks = []
    while day <= last:
        at = datetime.combine(day, time(), tzinfo=zone)
        marks.append((at, day))
        day += timedelta(days=step)
    return [mark for mark in marks if start <= mark[0] <= end]
