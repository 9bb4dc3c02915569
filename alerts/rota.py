"""Who is on call when, by the rows of a rota; and when nobody is (AL-18)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

from alerts.hours import edges, spoken
from alerts.reasons import Reason
from ingest.presence import Presence, presence
from ingest.weekly import DAY, wall

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from alerts.hours import Hours, Place
    from ingest.roster import Responsible
    from ingest.weekly import Span


UNKNOWN = "a colleague"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class Shift:
    """One row: a person once from `since` to `until`, or weekly.

    A weekly span is theirs where it begins between the two, and then to its end: the night of
    the last day goes on to its morning.
    """

    id: UUID
    who: UUID
    since: datetime
    until: datetime | None
    weekly: Span | None = None
    overrides: bool = False

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        """Return whether it is theirs at an instant."""
        began = at
        if self.weekly is not None:
            day = self.weekly.day_of(at, zone)
            if day is None:
                return False
            began, _ = self.weekly.on(day, zone)
        return self.since <= began and (self.until is None or began < self.until)

    def words(self, zone: ZoneInfo, names: Mapping[UUID, str]) -> str:
        """Return the row as a person reads it."""
        whose = names.get(self.who, UNKNOWN)
        kind = "override" if self.overrides else "on call"
        until = f" until {_local(self.until, zone)}" if self.until else ""
        weekly = f" {self.weekly.words()}," if self.weekly else ""
        return f"{kind}: {whose},{weekly} from {_local(self.since, zone)}{until}"


@dataclass(frozen=True, slots=True)
class Away:
    """A leave of one person, with whom to tell instead, if anybody."""

    who: UUID
    since: datetime
    until: datetime
    substitute: UUID | None = None

    def holds(self, at: datetime) -> bool:
        """Return whether it is going on."""
        return self.since <= at < self.until

    def words(self, zone: ZoneInfo, names: Mapping[UUID, str]) -> str:
        """Return it as a person reads it."""
        other = names.get(self.substitute, UNKNOWN) if self.substitute else "nobody"
        times = f"from {_local(self.since, zone)} until {_local(self.until, zone)}"
        return f"leave: {names.get(self.who, UNKNOWN)}, {times}; in their place: {other}"


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is on call from one instant to another; nobody, where it is a hole."""

    start: datetime
    end: datetime
    who: tuple[UUID, ...]

    def words(self, zone: ZoneInfo, names: Mapping[UUID, str]) -> str:
        """Return it as a person reads it, a hole as nobody on call."""
        whose = ", ".join(names.get(each, UNKNOWN) for each in self.who)
        return f"{whose or 'nobody'} on call {spoken(self.start, self.end, zone)}"


@dataclass(frozen=True, slots=True)
class Rota:
    """A team's rows, and the zone whose clock they go by."""

    shifts: tuple[Shift, ...]
    leaves: tuple[Away, ...]
    zone: ZoneInfo

    def on_call(self, at: datetime) -> tuple[UUID, ...]:
        """Return who is on call, the first to be told first: an override before the rota."""
        held = [shift for shift in self.shifts if shift.holds(at, self.zone)]
        first = [shift for shift in held if shift.overrides] or held
        ordered = sorted(first, key=lambda shift: (shift.since, shift.id), reverse=True)
        return tuple(dict.fromkeys(shift.who for shift in ordered))

    def away(self, at: datetime) -> dict[UUID, UUID | None]:
        """Return who is on leave at an instant, each with their substitute."""
        return {leave.who: leave.substitute for leave in self.leaves if leave.holds(at)}

    def turns(self, start: datetime, end: datetime, *, also: Iterable[Span] = ()) -> list[Turn]:
        """Return who is on call between two instants, one turn after the other without a gap.

        Who is on leave is on call for nobody; their substitute takes the turn. Turns are cut
        where the spans `also` begin and end too.
        """
        spans = [*also]
        cuts = set(edges(spans, start, end, self.zone))
        cuts |= {at for at in self._changes(start, end) if start < at < end}
        found: list[Turn] = []
        for since, until in pairwise([start, *sorted(cuts), end]):
            who = _there(self.on_call(since), self.away(since))
            if found and found[-1].who == who and not spans:
                found[-1] = Turn(found[-1].start, until, who)
            else:
                found.append(Turn(since, until, who))
        return found

    def _changes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        weekly = [shift.weekly for shift in self.shifts if shift.weekly is not None]
        yield from edges(weekly, start, end, self.zone)
        bounds: list[tuple[datetime, datetime | None]] = [(s.since, s.until) for s in self.shifts]
        bounds += [(leave.since, leave.until) for leave in self.leaves]
        yield from (at for each in bounds for at in each if at is not None)

    def holes(
        self, start: datetime, end: datetime, *, wanted: Sequence[Hours], place: Place
    ) -> list[Turn]:
        """Return when nobody is on call at any of the hours at which somebody should be.

        At hours that the place does not cover nobody is expected.
        """
        spans = [stretch.span for hours in wanted for stretch in hours.stretches]
        spans += [stretch.span for stretch in place.cover]
        found: list[Turn] = []
        for turn in self.turns(start, end, also=spans):
            expected = any(each.holds(turn.start, place) for each in wanted)
            if turn.who or not expected or not place.reads(turn.start):
                continue
            if found and found[-1].end == turn.start:
                found[-1] = Turn(found[-1].start, turn.end, ())
            else:
                found.append(turn)
        return found


def _there(who: Iterable[UUID], gone: Mapping[UUID, UUID | None]) -> tuple[UUID, ...]:
    there = (instead(each, gone) for each in who)
    return tuple(dict.fromkeys(each for each in there if each is not None))


def instead(who: UUID, gone: Mapping[UUID, UUID | None]) -> UUID | None:
    """Return somebody, or their substitute, or the substitute's own; None where all are away."""
    seen: set[UUID] = set()
    found: UUID | None = who
    while found is not None and found in gone and found not in seen:
        seen.add(found)
        found = gone[found]
    return None if found in gone else found


def absent(
    people: Iterable[Responsible], gone: Collection[UUID], at: datetime, zone: ZoneInfo
) -> dict[UUID, Reason]:
    """Return who of some people is not to be told at an instant, and why.

    `gone` are those on leave by the rows; the hours and the leave of their posts count as well.
    """
    found: dict[UUID, Reason] = {}
    for person in people:
        state = presence(person.posts, at, zone)
        on_leave = person.practitioner_id in gone
        if on_leave or state is not Presence.HERE:
            found[person.practitioner_id] = Reason.ON_LEAVE if on_leave else _ABSENT[state]
    return found


_ABSENT = {
    Presence.ENDED: Reason.DISABLED,
    Presence.ON_LEAVE: Reason.ON_LEAVE,
    Presence.OFF_DUTY: Reason.OFF_DUTY,
}


def by_day(turns: Iterable[Turn], days: Sequence[date], zone: ZoneInfo) -> dict[date, list[Turn]]:
    """Return the turns of each local day, cut where the day ends."""
    found: dict[date, list[Turn]] = {day: [] for day in days}
    for turn, day in product(turns, days):
        start, end = max(turn.start, wall(day, 0, zone)), min(turn.end, wall(day, DAY, zone))
        if start < end:
            found[day].append(Turn(start, end, turn.who))
    return found
