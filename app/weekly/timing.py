"""When the report of a week is due, from when it may be made, and which weeks are missing; pure.

A report is due on the Monday after its week, at an hour of the team's own clock. It is begun
some hours before, so that it is there at that hour, and never before its week is over. A holiday
changes nothing: neither when it is made nor what is called late.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ingest.weekly import minutes, wall
from reports.issue import COUNTED_WEEKS
from reports.week import Week

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

AHEAD = timedelta(hours=3)
GRACE = timedelta(minutes=15)  # made after this is late
LOOK_BACK = COUNTED_WEEKS  # weeks that are made up for: as many as the share on time counts
WEEK = timedelta(weeks=1)


def due_at(monday: date, zone: ZoneInfo, hour: str) -> datetime:
    """Return when the report of the week that begins on `monday` is due; `hour` as "07:00"."""
    return wall(monday + WEEK, minutes(hour, "weekly_report_at"), zone)


def begin_at(monday: date, zone: ZoneInfo, hour: str) -> datetime:
    """Return from when on it may be made."""
    over = Week(monday, zone).end.astimezone(UTC)
    return max(over, due_at(monday, zone, hour) - AHEAD)


def is_late(made: datetime, due: datetime) -> bool:
    """Return whether a report came after its hour and the grace."""
    return made - due > GRACE


def first_counted(monday: date) -> date:
    """Return the first of the weeks whose reports are counted with the one of a week."""
    return monday - (COUNTED_WEEKS - 1) * WEEK


def missing(running: date, last: date | None, *, had_people: bool) -> Iterator[date]:
    """Yield the Mondays whose rows a team lacks, up to the running week's, oldest first.

    Parameters
    ----------
    last : date or None
        The newest week of the team that has a row; None for a team that was never seen. Then
        the week before the running one is made up for, if the team had anybody in it.
    """
    unseen = running - WEEK if had_people else running
    first = max(unseen if last is None else last + WEEK, running - LOOK_BACK * WEEK)
    while first <= running:
        yield first
        first += WEEK
