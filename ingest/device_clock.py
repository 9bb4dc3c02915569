"""How far a device's clock is off, and which times that sets right (REL-21; pure).

A Personal Health Device has no way to know the time; its gateway does. A coincident timestamp
(PHD implementation guide, MDC 67975) says what the device's clock showed at a gateway's time.
Gateways usually correct the times of readings themselves, so only a time that cannot be is
shifted: one in the future, or one of before the device's clock could be right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from fhir.outcome import Issue
from ingest.placing import FUTURE_TOLERANCE, TOO_OLD

if TYPE_CHECKING:
    from datetime import datetime

    from fhir.measurement import When

SKEWED = timedelta(hours=1)  # rules.csv, DQ-CLOCK (engineering default): what is more is told
KNOWN_FOR = timedelta(days=1)  # after that a clock may have been set, and nobody told us


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """`ahead` is the device's time minus the gateway's, at the gateway's time `read_at`."""

    ahead: timedelta
    read_at: datetime

    def holds(self, *, now: datetime) -> bool:
        """Return whether it was read lately, by a gateway whose own time can be."""
        return now - KNOWN_FOR <= self.read_at <= now + FUTURE_TOLERANCE

    @property
    def doubtful(self) -> bool:
        """Return whether it is so far off that somebody has to set it."""
        return abs(self.ahead) > SKEWED


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sign that a device's clock is wrong, and when we got to know it.

    Either its gateway read it, or (`of_reading`) a reading arrived that was too old.
    """

    device: str
    ahead: timedelta
    at: datetime
    of_reading: bool = False


def clock_of(showed: datetime | None, gateway: datetime | None) -> DeviceClock | None:
    """Return what a coincident timestamp says: what the device showed at a gateway's time."""
    if showed is None or gateway is None:
        return None
    return DeviceClock(showed - gateway, gateway)


def shift(when: When, clock: DeviceClock | None, *, now: datetime) -> timedelta:
    """Return what to take off a time of measurement; nothing where it can be as it is."""
    last = when.end or when.start
    none = timedelta(0)
    if clock is None or last is None or not clock.holds(now=now):
        return none
    future = last > now + FUTURE_TOLERANCE and clock.ahead > none
    ancient = last < now - TOO_OLD and clock.ahead < -TOO_OLD
    if not (future or ancient) or not _possible(last - clock.ahead, now):
        return none
    return clock.ahead


def _possible(time: datetime, now: datetime) -> bool:
    return now - TOO_OLD <= time <= now + FUTURE_TOLERANCE


def shifted(when: When, by: timedelta) -> When:
    """Return the time of measurement on the gateway's clock."""
    return replace(
        when,
        start=when.start - by if when.start else None,
        end=when.end - by if when.end else None,
    )


def told(by: timedelta) -> Issue:
    """Return what the sender is told about a corrected time."""
    way = "ahead" if by > timedelta(0) else "behind"
    seconds = abs(round(by.total_seconds()))
    text = (
        f"the device's clock is {seconds} s {way} by its coincident timestamp:"
        " the reading is placed at the corrected time, the received one is kept"
    )
    return Issue("warning", "business-rule", text, "Observation.effective")
