"""Minutes spent on a patient: what an entry says, and what a month adds up to; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

MOST = 120  # of one entry


class Work(StrEnum):
    """What the time went into."""

    REVIEW = "review"
    CALL = "call"
    VIDEO = "video-visit"
    VISIT = "visit"
    MESSAGE = "message"
    COORDINATION = "coordination"


LIVE = (Work.CALL, Work.VIDEO, Work.VISIT)  # both speak to each other at the time


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that stands; a later one that corrects it takes its place."""

    id: UUID
    by: UUID | None
    at: datetime
    minutes: int
    work: Work
    live: bool
    corrected: bool = False
    corrected_by: UUID | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """What stands of one calendar month of the patient."""

    minutes: int
    contacts: int  # live ones
    entries: Sequence[Entry]


def checked(minutes: int, work: str, *, live: bool, least: int = 1) -> tuple[int, Work, bool]:
    """Return an entry's facts; raise `InvalidError` for what nobody could have meant."""
    if not least <= minutes <= MOST:
        raise InvalidError(
            "from {least} to {most} minutes",
            field="minutes",
            facts={"least": least, "most": MOST},
        )
    if work not in tuple(Work):
        raise InvalidError(
            "choose one of: {choices}", field="work", facts={"choices": ", ".join(Work)}
        )
    if live and work not in LIVE:
        raise InvalidError("a live contact is a call, a video visit or a visit", field="live")
    return minutes, Work(work), live


def bounds(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return where the patient's calendar month begins and ends."""
    local = now.astimezone(ZoneInfo(zone))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    later = (first + timedelta(days=32)).replace(day=1)
    return first, later


def month(entries: Sequence[Entry]) -> Month:
    """Return the sum of a month's entries."""
    counted = [each for each in entries if each.minutes]
    return Month(sum(each.minutes for each in counted), sum(each.live for each in counted), entries)
