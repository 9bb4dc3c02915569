"""When a service reads: what falls due outside its hours below RED is dealt with when it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHours:
    """The hours in which somebody reads, in the patient's local time, on some days of the week."""

    opens: time
    closes: time
    days: tuple[str, ...] = DAYS

    def dealt_with(self, at: datetime, zone: tzinfo) -> datetime:
        """Return when somebody reads what arises at an instant: at once, or at the opening."""
        local = at.astimezone(zone)
        if self._open(local):
            return at
        opening = datetime.combine(local.date(), self.opens, tzinfo=zone)
        while opening < local or DAYS[opening.weekday()] not in self.days:
            # Wall time of the next day, whatever the clocks do in the night.
            opening += timedelta(days=1)
        return opening.astimezone(at.tzinfo)

    def _open(self, local: datetime) -> bool:
        reads = DAYS[local.weekday()] in self.days
        return reads and self.opens <= local.time() < self.closes


def faults(hours: ServiceHours) -> Iterator[str]:
    """Tell of hours in which nobody reads, and of days that no week has."""
    if hours.opens >= hours.closes:
        yield "hours: opens must be before closes"
    if not hours.days:
        yield "hours: days must name at least one day"
    for day in hours.days:
        if day not in DAYS:
            yield f"hours: unknown day {day}; known are {', '.join(DAYS)}"
