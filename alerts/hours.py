"""Named hours of a policy, and the place whose clock and holidays they are read by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from core.errors import InvalidError
from ingest.weekly import DASH, NAMES, Span, clock, span
from monitoring import words
from monitoring.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

NO_COVER = "no_cover"  # built in: when nobody of a place reads
AHEAD = timedelta(days=16)  # how far to look for the next hour; two weeks of holidays and more


class Holidays(StrEnum):
    """Whether hours hold on a holiday of the place."""

    ANY = "any"
    NEVER = "never"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class Stretch:
    """One span of the week, and what a holiday does to it."""

    span: Span
    holidays: Holidays = Holidays.ANY

    def holds(self, at: datetime, place: Place) -> bool:
        """Return whether an instant lies in it."""
        day = self.span.day_of(at, place.clock)
        return day is not None and self.counts(holiday=day in place.holidays)

    def counts(self, *, holiday: bool) -> bool:
        """Return whether it holds on a day that is a holiday, or on one that is none."""
        return self.holidays is Holidays.ANY or holiday is (self.holidays is Holidays.ONLY)

    def words(self) -> str:
        """Return it as a person reads it."""
        said = {Holidays.NEVER: ", no holidays", Holidays.ONLY: ", holidays only"}
        return f"{self.span.words()}{said.get(self.holidays, '')}"


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours by a name: these stretches, or with `inverse` all the others."""

    name: str
    stretches: tuple[Stretch, ...]
    inverse: bool = False

    def holds(self, at: datetime, place: Place) -> bool:
        """Return whether an instant is one of these hours at a place."""
        return any(each.holds(at, place) for each in self.stretches) is not self.inverse

    def words(self) -> str:
        """Return them as a person reads them."""
        listed = "; ".join(each.words() for each in self.stretches) or "no hour"
        return f"all but {listed}" if self.inverse else listed


EVERY_HOUR = Hours("every hour", (), inverse=True)


@dataclass(frozen=True, slots=True)
class Place:
    """A team, or the site: its zone, its holidays, and the hours in which somebody reads.

    Without `cover` somebody reads at every hour.
    """

    name: str
    zone: str
    holidays: Mapping[date, str] = field(default_factory=dict)
    cover: tuple[Stretch, ...] = ()

    @property
    def clock(self) -> ZoneInfo:
        """Return the zone that its clock shows."""
        return ZoneInfo(self.zone)

    @property
    def no_cover(self) -> Hours:
        """Return the hours in which nobody of it reads."""
        return Hours(NO_COVER, self.cover, inverse=bool(self.cover))

    def reads(self, at: datetime) -> bool:
        """Return whether somebody of it reads at an instant."""
        return not self.no_cover.holds(at, self)

    def reads_again(self, at: datetime) -> datetime | None:
        """Return when somebody reads again, None where somebody does, or not in two weeks."""
        if self.reads(at):
            return None
        ends = (edge for edge in edges([c.span for c in self.cover], at, at + AHEAD, self.clock))
        return next((edge for edge in ends if self.reads(edge)), None)


def edges(
    spans: Iterable[Span], start: datetime, end: datetime, zone: ZoneInfo
) -> Sequence[datetime]:
    """Return in order the instants between two at which any of the spans may begin or end.

    The spans are those of the week, as the local clock has them.
    """
    first = start.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date() + timedelta(days=1)
    found = {edge for each in spans for edge in each.edges(first, last, zone)}
    return sorted(edge for edge in found if start < edge < end)


def read_hours(source: Mapping[str, Any]) -> dict[str, Hours]:
    """Return the named hours of `[hours]`; raise `InvalidError` where one is not understood."""
    plain = {k: v for k, v in source.items() if "not" not in v}
    found = {name: Hours(name, _stretches(spans, f"hours.{name}")) for name, spans in plain.items()}
    for name in source.keys() - plain.keys():
        other = source[name]["not"]
        if other not in found:
            raise InvalidError(f"hours.{name}: there are no hours {other!r}", field=f"hours.{name}")
        found[name] = replace(found[other], name=name, inverse=True)
    if NO_COVER in found:
        raise InvalidError(f"hours.{NO_COVER}: this name is built in", field=f"hours.{NO_COVER}")
    return found


def _stretches(source: Any, where: str) -> tuple[Stretch, ...]:
    listed = source if isinstance(source, list) else [source]
    return tuple(
        Stretch(
            span(each.get("days", ""), each["from"], each["to"], field=where),
            Holidays(each.get("holidays", Holidays.ANY)),
        )
        for each in listed
    )


def freeze_stretches(stretches: Iterable[Stretch]) -> list[list[Any]]:
    """Return stretches as JSON has them; `thaw_stretches` gives them back."""
    return [[sorted(s.span.days), s.span.start, s.span.end, s.holidays] for s in stretches]


def thaw_stretches(stored: Iterable[Sequence[Any]]) -> tuple[Stretch, ...]:
    """Return what `freeze_stretches` wrote."""
    return tuple(
        Stretch(Span(frozenset(days), start, end), Holidays(holidays))
        for days, start, end, holidays in stored
    )


def freeze_place(place: Place) -> dict[str, Any]:
    """Return a place as JSON has it; `thaw_place` gives it back."""
    return {
        "name": place.name,
        "zone": place.zone,
        "holidays": {day.isoformat(): name for day, name in place.holidays.items()},
        "cover": freeze_stretches(place.cover),
    }


def thaw_place(stored: Mapping[str, Any]) -> Place:
    """Return what `freeze_place` wrote."""
    return Place(
        name=stored["name"],
        zone=stored["zone"],
        holidays={date.fromisoformat(day): name for day, name in stored["holidays"].items()},
        cover=thaw_stretches(stored["cover"]),
    )


ONE_DAY = f"{{day}} {{since}}{DASH}{{until}}"
DAYS_APART = f"{{first}} {{since}}{DASH}{{last}} {{until}}"


def spoken(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Return a time from one instant to another, by weekday and local time, in English."""
    return words.phrase(span_words(start, end, zone))


def span_words(start: datetime, end: datetime, zone: ZoneInfo) -> Phrase:
    """Return a time from one instant to another, by weekday and local time."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    since, until = Phrase(f"{first:%H:%M}"), Phrase(f"{last:%H:%M}")
    day, ends = Phrase(NAMES[first.weekday()]), Phrase(NAMES[last.weekday()])
    if first.date() == (last - timedelta(microseconds=1)).date():
        until = until if last.date() == first.date() else Phrase(clock(24 * 60))
        return Phrase(ONE_DAY, {"day": day, "since": since, "until": until})
    return Phrase(DAYS_APART, {"first": day, "since": since, "last": ends, "until": until})


def week_words(minutes: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Yield times of a week, given in minutes after Monday 00:00, as people write them."""
    for start, end in minutes:
        (first, since), (last, until) = divmod(start, 1440), divmod(end - 1, 1440)
        ends = clock(until + 1)
        other = "" if first == last else f"{NAMES[last % 7]} "
        yield f"{NAMES[first % 7]} {clock(since)}{DASH}{other}{ends}"
