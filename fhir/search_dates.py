"""What a date in a search means: the span that it names, and whether a resource's time fits.

A date or time is the whole span of its precision (R4 search, 3.1.1.4.7): a year is a year. A
text without zone is read in one declared zone, in the search and in the resource alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<part>\d{1,9}))?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_PREFIXED = re.compile(r"(?P<prefix>[a-z]{2})?(?P<date>.+)", re.DOTALL)
_ZONE_PLUS = re.compile(r"(:\d\d(?:\.\d+)?) (\d\d:\d\d)")  # a "+" that a form turned into a space
BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_DECEMBER = 12
_MICRO = 6


class Prefix(StrEnum):
    """How the time of a resource must lie to the one that is searched for."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    LT = "lt"
    GE = "ge"
    LE = "le"
    SA = "sa"
    EB = "eb"
    AP = "ap"


@dataclass(frozen=True, slots=True)
class Span:
    """From the first instant, to just before the last."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Sought:
    """A span, and how a resource's time must lie to it."""

    prefix: Prefix
    span: Span

    def fits(self, target: Span) -> bool:
        """Return whether a resource's time lies as the prefix says (R4 search, 3.1.1.4.5)."""
        inside = self.span.start <= target.start and target.end <= self.span.end
        overlaps = self.span.start < target.end and target.start < self.span.end
        above, below = target.end > self.span.end, target.start < self.span.start
        return {
            Prefix.EQ: inside,
            Prefix.NE: not inside,
            Prefix.GT: above,
            Prefix.LT: below,
            Prefix.GE: above or inside,
            Prefix.LE: below or inside,
            Prefix.SA: target.start >= self.span.end,
            Prefix.EB: target.end <= self.span.start,
            Prefix.AP: overlaps,
        }[self.prefix]


def read_sought(text: str, zone: tzinfo, now: datetime) -> Sought | None:
    """Return what a search value asks for, or None where it is malformed.

    About a date (`ap`) is the span that it names, wider at both ends by a tenth of its
    distance from now, as R4 recommends.
    """
    found = _PREFIXED.fullmatch(text)
    if found is None:
        return None
    prefix = found["prefix"] or "eq"
    span = span_of(_ZONE_PLUS.sub(r"\1+\2", found["date"]), zone)
    if span is None or prefix not in tuple(Prefix):
        return None
    return Sought(Prefix(prefix), _about(span, now) if prefix == Prefix.AP else span)


def _about(span: Span, now: datetime) -> Span:
    margin = min(abs(now - span.start), abs(now - span.end)) / 10
    if span.start <= now <= span.end:
        margin = timedelta()
    return Span(max(BEGINNING + margin, span.start) - margin, min(END - margin, span.end) + margin)


def span_of(text: str, zone: tzinfo) -> Span | None:
    """Return the span that a date or time names by its precision, or None."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return _span(found, zone)
    except (ValueError, OverflowError):
        return None


def _span(found: re.Match[str], zone: tzinfo) -> Span:
    year, month, day = (int(found[name] or 1) for name in ("year", "month", "day"))
    first = datetime(year, month, day, tzinfo=zone)
    if found["month"] is None:
        return _utc(first, first.replace(year=year + 1))
    if found["day"] is None:
        after = (year + 1, 1) if month == _DECEMBER else (year, month + 1)
        return _utc(first, first.replace(year=after[0], month=after[1]))
    if found["hour"] is None:
        return _utc(first, first + timedelta(days=1))
    return _instant(found, first)


def _instant(found: re.Match[str], day: datetime) -> Span:
    offset = found["zone"]
    if offset:  # the standard library knows these offsets, and refuses the impossible ones
        day = datetime.fromisoformat(f"{day.date()}T00:00:00{offset}")
    second = int(found["second"] or 0)
    # A leap second is the first instant of the next minute, as it is when it comes in.
    leap = timedelta(seconds=1) if second == 60 else timedelta()  # noqa: PLR2004 (seconds)
    start = day.replace(
        hour=int(found["hour"]),
        minute=int(found["minute"]),
        second=59 if leap else second,
        microsecond=int((found["part"] or "0")[:_MICRO].ljust(_MICRO, "0")),
    )
    start = start.astimezone(UTC) + leap
    if found["second"] is None:
        return Span(start, start + timedelta(minutes=1))
    digits = min(len(found["part"] or ""), _MICRO)
    return Span(start, start + timedelta(microseconds=10 ** (_MICRO - digits)))


def _utc(start: datetime, end: datetime) -> Span:
    return Span(start.astimezone(UTC), end.astimezone(UTC))


def effective_span(observation: Mapping[str, Any], zone: tzinfo) -> Span | None:
    """Return when an Observation was true, or None where it names no time."""
    named = (f"effective{kind}" for kind in ("DateTime", "Instant", "Period", "Timing"))
    found = (observation[name] for name in named if observation.get(name))
    return span_in(next(found, None), zone)


def span_in(value: Any, zone: tzinfo) -> Span | None:
    """Return the span of a date, a Period (open where it has no end) or a Timing (its events)."""
    if not isinstance(value, dict):
        return span_of(str(value), zone) if value else None
    if "start" in value or "end" in value:
        return _period(value, zone)
    spans = [span for each in value.get("event", ()) if each and (span := span_of(each, zone))]
    return Span(min(s.start for s in spans), max(s.end for s in spans)) if spans else None


def _period(period: Mapping[str, Any], zone: tzinfo) -> Span | None:
    first = span_of(str(period.get("start", "")), zone)
    last = span_of(str(period.get("end", "")), zone)
    if first is None and last is None:
        return None
    return Span(first.start if first else BEGINNING, last.end if last else END)
