"""Places the zone-free time of a measurement in a person's zone, and tells past from future."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.vitals import Precision

if TYPE_CHECKING:
    from fhir.observation import When

FUTURE_TOLERANCE = timedelta(minutes=5)  # REL-21
TOO_OLD = timedelta(days=30)  # fhir.md section 4: feeds a baseline, is never judged
HISTORY_LOAD = timedelta(hours=24)  # what a declared history load sends may be judged until then
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Placed:
    """When something was measured, as instants in UTC.

    `sure` is False where the record names no time that could be used; `effective` is then
    only where the reading stands in a list.
    """

    effective: datetime
    until: datetime | None
    local_day: date | None
    precision: Precision
    sure: bool = True

    @property
    def last(self) -> datetime:
        """When it was over: an interval is as fresh as its end, a day as its beginning."""
        if self.precision is Precision.DAY or self.until is None:
            return self.effective
        return self.until


def zone_of(name: str) -> ZoneInfo:
    """Return the zone, or UTC where the name is not one."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name that is too long for a file
        return ZoneInfo("UTC")


def place(when: When, zone: str, *, received: datetime) -> Placed:
    """Return the instants of a measurement; a bare date is the whole local day (FHIR-13)."""
    try:
        return _placed(when, zone_of(zone), received)
    except OverflowError:  # the first or last day of the calendar, moved by its zone
        return Placed(received, None, None, when.precision, sure=False)


def _placed(when: When, local: ZoneInfo, received: datetime) -> Placed:
    if when.day is not None:
        last = when.last_day or when.day
        return Placed(
            effective=_midnight(when.day, local),
            until=_midnight(last + timedelta(days=1), local),
            local_day=last,
            precision=Precision.DAY if last == when.day else Precision.PERIOD,
            sure=when.sure,
        )
    start = when.start or when.end
    if start is None:
        return Placed(received, None, None, when.precision, sure=False)
    if when.precision is Precision.PERIOD and when.end is not None:
        end = when.end.astimezone(UTC)
        # A total until midnight belongs to the day before it; a night to the day of waking.
        day = max(end - _INSTANT, start).astimezone(local).date()
        return Placed(start.astimezone(UTC), end, day, Precision.PERIOD, sure=when.sure)
    return Placed(start.astimezone(UTC), None, None, when.precision, sure=when.sure)


def day_around(instant: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return when the local day of an instant begins and ends."""
    local = zone_of(zone)
    day = instant.astimezone(local).date()
    return _midnight(day, local), _midnight(day + timedelta(days=1), local)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def in_future(placed: Placed, *, now: datetime) -> bool:
    """Return whether a device's clock runs ahead of what is possible (REL-21)."""
    return placed.last > now + FUTURE_TOLERANCE


def is_history(placed: Placed, *, declared: bool, now: datetime) -> bool:
    """Return whether a reading only feeds baselines: too old, or from a declared history load."""
    return placed.last < now - (HISTORY_LOAD if declared else TOO_OLD)


def known_zone(name: str) -> bool:
    """Return whether this is the name of a time zone."""
    return bool(name) and zone_of(name).key == name
