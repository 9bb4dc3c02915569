"""Single movements of a home, and how finely those that are over are kept; pure (decision 56).

Rules ask of a movement that is days old only when something moved first and last in an hour: a
gap, a rising, a contact. Of each hour these two stay, of each value, and the last counts for the
others; so does of each day the last of each sensor. Of a day that no judgement reads any more
only this one stays.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.vitals import Vital

if TYPE_CHECKING:
    from collections.abc import Iterable

MOVEMENT = (Vital.MOTION, Vital.BATHROOM, Vital.OUTER_DOOR, Vital.HUB_HEARTBEAT)
SINGLE_FOR = timedelta(days=1)  # so long nothing is summed up, whatever a site sets
DAY, _HOUR, _QUARTER = timedelta(days=1), timedelta(hours=1), timedelta(minutes=15)
_ANY_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)
_SEASONS = (1, 7)  # months in which clocks stand differently, where they are put on and back


class Grain(IntEnum):
    """How finely a movement is kept; each is what the one before becomes."""

    SINGLE = 0
    HOUR = 1
    DAY = 2
    LAST = 3  # of all that was, only the newest of its kind


class Spans(NamedTuple):
    """The hours, or days, of a zone: how long one is, and a midnight at which one begins."""

    zone: str
    width: timedelta
    midnight: datetime


def spans(grain: Grain, zones: Iterable[str], *, now: datetime) -> list[Spans]:
    """Return how time is divided in each zone.

    Where clocks do not differ from UTC by whole hours, quarters stand for hours, so that a local
    hour that a rule asks for never begins within one. A zone without a name counts as UTC.
    """
    return [_spans(grain, zone, now) for zone in zones]


def _spans(grain: Grain, name: str, now: datetime) -> Spans:
    offsets = _offsets(name, now.year)
    midnight = _ANY_MIDNIGHT - offsets[0]
    if grain is not Grain.HOUR:
        return Spans(name, DAY, midnight)
    whole = all(each % _HOUR == timedelta() for each in offsets)
    return Spans(name, _HOUR if whole else _QUARTER, midnight)


def _offsets(name: str, year: int) -> list[timedelta]:
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [timedelta()]
    moments = (datetime(year, month, 1, tzinfo=zone) for month in _SEASONS)
    return [each.utcoffset() or timedelta() for each in moments]
