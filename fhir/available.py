"""When the holder of a PractitionerRole works: its hours, its leave, and how long it is held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
TIMEZONE_URL = "http://hl7.org/fhir/StructureDefinition/timezone"


@dataclass(frozen=True, slots=True)
class ParsedTimes:
    """Hours as (weekdays, start, end), Monday being 0, in minutes after midnight.

    Periods stay as they were written: where they name no zone, the reader's is meant.
    """

    hours: tuple[tuple[tuple[int, ...], int, int], ...] = ()
    away: tuple[tuple[str, str], ...] = ()
    since: str = ""
    until: str = ""
    zone: str = ""

    @property
    def said(self) -> bool:
        """Return whether the resource says anything about when."""
        return bool(self.hours or self.away or self.since or self.until)


def read_times(resource: Mapping[str, Any]) -> ParsedTimes:
    """Read `availableTime`, `notAvailable`, `period` and the timezone extension."""
    since, until = _period(resource.get("period"))
    return ParsedTimes(
        tuple(_hours(each) for each in resource.get("availableTime", ())),
        tuple(_period(each.get("during")) for each in resource.get("notAvailable", ())),
        since,
        until,
        _zone(resource),
    )


def _hours(available: Mapping[str, Any]) -> tuple[tuple[int, ...], int, int]:
    days = tuple(DAYS.index(day) for day in available.get("daysOfWeek", DAYS) if day in DAYS)
    if available.get("allDay") is True:
        return days, 0, DAY
    start = _minutes(str(available.get("availableStartTime", "")), 0)
    end = _minutes(str(available.get("availableEndTime", "")), DAY)
    # Who works "until 23:59" works until midnight: a day may not end a minute early.
    return days, start, DAY if end == DAY - 1 else end


def _minutes(text: str, other: int) -> int:
    hour, _, rest = text.partition(":")
    return int(hour) * 60 + int(rest[:2]) if hour.isdigit() and rest[:2].isdigit() else other


def _period(period: Mapping[str, Any] | None) -> tuple[str, str]:
    return str((period or {}).get("start", "")), str((period or {}).get("end", ""))


def _zone(resource: Mapping[str, Any]) -> str:
    for each in resource.get("extension", ()):
        if each.get("url") == TIMEZONE_URL:
            return str(each.get("valueCode") or each.get("valueString") or "")
    return ""
