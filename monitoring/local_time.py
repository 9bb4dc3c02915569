"""Local days and hours of a person's zone, for one instant or for many at once."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

if TYPE_CHECKING:
    from monitoring.series import Floats, Ints

DAY = 86_400.0
_HOUR, _MINUTE = 3_600, 60
_SPAN = 64  # days whose offsets are looked up together
_FIRST = datetime.fromtimestamp(0, UTC).toordinal()  # of the epoch


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name or of an offset such as `+09:00`; UTC where unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    try:
        return datetime.strptime(name, "%z").tzinfo or UTC
    except ValueError:
        return UTC


def local_day(instant: float, zone: tzinfo) -> int:
    """Return the ordinal of the local day of an instant."""
    return datetime.fromtimestamp(instant, zone).toordinal()


def local_times(instants: Floats, zone: tzinfo) -> tuple[Ints, Floats]:
    """Return the ordinals of the local days of instants, and the local hours to the minute."""
    utc = (instants // DAY).astype(np.int64)
    first = int(utc.min()) // _SPAN
    known = _offsets(first, int(utc.max()) // _SPAN + 1, zone)
    offsets, tomorrow = known[utc - first * _SPAN], known[utc - first * _SPAN + 1]
    for i in np.flatnonzero(offsets != tomorrow).tolist():  # the clocks change on this day
        offsets[i] = _offset_at(float(instants[i]), zone)
    local = instants + offsets
    since = np.floor(local - np.floor(local / DAY) * DAY).astype(np.int64)
    hours = since // _HOUR + since % _HOUR // _MINUTE / 60
    return (local // DAY).astype(np.int64) + _FIRST, hours


@lru_cache(maxsize=1024)
def _offsets(first: int, end: int, zone: tzinfo) -> Floats:
    """Return the offsets from UTC, in seconds, at the beginnings of days of UTC.

    From span to span of days, and of the day after the last.
    """
    days = range(first * _SPAN, end * _SPAN + 1)
    return np.array([_offset_at(day * DAY, zone) for day in days])


def _offset_at(instant: float, zone: tzinfo) -> float:
    offset = datetime.fromtimestamp(instant, zone).utcoffset()
    return offset.total_seconds() if offset is not None else 0.0
