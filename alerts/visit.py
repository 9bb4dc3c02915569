"""When a video visit of today may begin, how long it may last, and what becomes of it (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from alerts.patients.daily import HOUR
from core.errors import InvalidError

if TYPE_CHECKING:
    from datetime import tzinfo
    from uuid import UUID

USUAL = 20  # minutes
LENGTHS = (10, USUAL, 30, 45, 60)
# An hour is typed without its seconds, and a form takes a while: so late it still means now (E).
GRACE = timedelta(minutes=5)
# The lines of an alert's timeline.
BOOKED, HELD, MISSED, CANCELLED = (
    *("video-visit-booked", "video-visit-held", "video-visit-missed", "video-visit-cancelled"),
)


class Status(StrEnum):
    """What became of a visit; the codes are those of FHIR's appointmentstatus."""

    BOOKED = "booked"
    FULFILLED = "fulfilled"
    NO_SHOW = "noshow"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when a visit is booked."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit; `room` is the random id that its address holds."""

    id: UUID
    alert_id: UUID
    patient_id: UUID
    room: str
    span: Span
    status: Status
    clinician: UUID | None
    booked_at: datetime

    def open_at(self, now: datetime) -> bool:
        """Return whether it is booked and not over: then its address may be shown."""
        return self.status is Status.BOOKED and now < self.span.end


def span(at: str, minutes: int, zone: tzinfo, *, now: datetime) -> Span:
    """Return when a visit is, from an hour of today (`HH:MM`, "" for now) by the team's clock.

    Raises
    ------
    InvalidError
        For an hour that is none or is over, or a length that is not offered.
    """
    if minutes not in LENGTHS:
        raise InvalidError("choose how long the video visit may last", field="minutes")
    start = _start(at.strip(), zone, now=now) if at.strip() else now
    return Span(start, start + timedelta(minutes=minutes))


def _start(at: str, zone: tzinfo, *, now: datetime) -> datetime:
    if not HOUR.fullmatch(at):
        raise InvalidError("the hour is written as HH:MM, such as 14:30", field="at")
    hour = datetime.combine(now.astimezone(zone).date(), time.fromisoformat(at), tzinfo=zone)
    # An hour that the clock shows twice is the next one to come.
    for fold in (0, 1):
        start = hour.replace(fold=fold).astimezone(now.tzinfo)
        if start >= now - GRACE:
            return max(start, now)
    raise InvalidError("this hour of today is over", field="at")
