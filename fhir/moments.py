"""FHIR's dates and times, no more exact than they were written (FHIR-13)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from core.vitals import Precision
from fhir.measurement import When

if TYPE_CHECKING:
    from collections.abc import Mapping

_YEAR = r"(?:[1-9]\d{3}|0(?:\d\d[1-9]|\d[1-9]\d|[1-9]\d\d))"
_ZONE = r"(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))"
_MOMENT = re.compile(
    rf"({_YEAR}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d):([0-5]\d|60)(?:\.(\d+))?({_ZONE})", re.ASCII
)
_DAY = re.compile(rf"{_YEAR}-\d\d-\d\d", re.ASCII)
_COARSE = re.compile(rf"{_YEAR}(?:-(?:0[1-9]|1[0-2]))?", re.ASCII)
FIRST_ZONE, LAST_ZONE = timedelta(hours=14), timedelta(hours=12)  # a day lasts 50 hours on Earth
EARLIEST, LATEST = 1900, 2999  # beyond these no device was awake, and zones could overflow
BEGINNING = datetime(EARLIEST, 1, 1, tzinfo=UTC) - FIRST_ZONE
END = datetime(LATEST + 1, 1, 1, tzinfo=UTC) + LAST_ZONE


def known(year: int) -> bool:
    """Return whether a year is one that a time may lie in."""
    return EARLIEST <= year <= LATEST


def moment(text: str) -> datetime | None:
    """Return an aware time with its offset as written, or None where it is not one.

    A leap second is the first instant of the next minute; digits below the microsecond
    are cut here (the received bytes keep them).
    """
    found = _MOMENT.fullmatch(text)
    if not found or not known(int(text[:4])):
        return None
    seconds = int(found[2])
    micro = int((found[3] or "0")[:6].ljust(6, "0"))
    try:
        minute = datetime.fromisoformat(found[1]).replace(tzinfo=_zone(found[4]))
    except ValueError:
        return None
    return minute + timedelta(seconds=seconds, microseconds=micro)


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[4:6])))


def day(text: str) -> date | None:
    """Return a whole day, or None where the text is not exactly one."""
    if not _DAY.fullmatch(text) or not known(int(text[:4])):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def well_formed(text: str) -> bool:
    """Return whether the text is a FHIR dateTime of any precision."""
    if _COARSE.fullmatch(text):
        return True
    whole = _DAY.match(text)
    if whole is None or not (_DAY.fullmatch(text) or _MOMENT.fullmatch(text)):
        return False
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def effective(resource: Mapping[str, Any]) -> When | None:
    """Return the effective time of an Observation that passed `strict.check`.

    None where there is none, or one that is less exact than a day.
    """
    single = resource.get("effectiveDateTime") or resource.get("effectiveInstant")
    if single:
        return single_time(str(single))
    if "effectiveTiming" in resource:
        return When(sure=False)
    period = resource.get("effectivePeriod")
    return _period(period) if period else None


def single_time(text: str) -> When | None:
    """Return a dateTime as an instant or a whole day, or None where it is less exact."""
    if at := moment(text):
        return When(Precision.INSTANT, start=at, received=text)
    if on := day(text):
        return When(Precision.DAY, day=on, received=text)
    return None


def _period(period: Mapping[str, Any]) -> When | None:
    first, last = str(period.get("start", "")), str(period.get("end", ""))
    if not (first or last):
        return None
    if any(text and not (moment(text) or day(text)) for text in (first, last)):
        return None
    if not last or not first:
        return _half(first, last)
    start, end = moment(first), moment(last)
    if start and end:
        return When(Precision.PERIOD, start=start, end=end)
    return _whole_days(start, end, first, last)


def _whole_days(start: datetime | None, end: datetime | None, first: str, last: str) -> When:
    begins = start.date() if start else day(first)
    ends = end.date() if end else day(last)
    whole = When(Precision.PERIOD, start=start, end=end, day=begins, last_day=ends)
    if begins and begins == ends and not (start or end):
        return replace(whole, precision=Precision.DAY, last_day=None)
    return whole


def _half(first: str, last: str) -> When:
    text = first or last
    at, on = moment(text), day(text)
    if first:
        return When(Precision.PERIOD, start=at, day=on, open_ended=True, sure=False)
    return When(Precision.PERIOD, end=at, last_day=on, sure=False)


def beginning(text: str, *, anywhere: bool = False) -> datetime | None:
    """Return the first instant of a dateTime of any precision, by UTC where it names no zone.

    `anywhere`: where it begins first on Earth, for a fact that must not be missed.
    """
    if (exact := moment(text)) is not None:
        return exact
    if not _within(text):
        return None
    year, month, on = (*(int(part) for part in text.split("-")), 1, 1)[:3]
    first = datetime(year, month, on, tzinfo=UTC)
    return first - FIRST_ZONE if anywhere else first


def ending(text: str, *, anywhere: bool = False) -> datetime | None:
    """Return the last instant of a dateTime of any precision, by UTC or where it ends last."""
    first = beginning(text)
    if first is None or moment(text) is not None:
        return first
    parts = text.count("-")
    if parts == 0:
        after = first.replace(year=first.year + 1)
    elif parts == 1:
        after = (first + timedelta(days=31)).replace(day=1)
    else:
        after = first + timedelta(days=1)
    return after - timedelta(microseconds=1) + (LAST_ZONE if anywhere else timedelta())


def _within(text: str) -> bool:
    whole = _COARSE.fullmatch(text) is not None or day(text) is not None
    return whole and known(int(text[:4]))


def backwards(period: Mapping[str, Any]) -> bool:
    """Return whether a Period ends before it starts (per-1), as far as it is exact."""
    first, last = str(period.get("start", "")), str(period.get("end", ""))
    start, end = moment(first), moment(last)
    if start and end:
        return end < start
    return bool(first and last) and last[: len(first[:10])] < first[: len(last[:10])]
