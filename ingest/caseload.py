"""From when to when a team had each of its patients; pure.

Somebody counts for the team that had them when something happened, and nowhere while they were
discharged. Instants are those of UTC: two of a zone that shows an hour twice are never equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from uuid import UUID

NONE = timedelta()
WEEK = timedelta(weeks=1)


class Span(NamedTuple):
    """From an instant until another, which is not in it any more."""

    since: datetime
    until: datetime

    def within(self, since: datetime, until: datetime) -> timedelta:
        """Return how long it overlaps another."""
        return max(min(self.until, until) - max(self.since, since), NONE)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in the order of time, those that touch as one, and none that is empty."""
    found: list[Span] = []
    for each in sorted(span for span in spans if span.since < span.until):
        if found and each.since <= found[-1].until:
            found[-1] = Span(found[-1].since, max(found[-1].until, each.until))
        else:
            found.append(each)
    return tuple(found)


def without(spans: Iterable[Span], holes: Iterable[Span]) -> tuple[Span, ...]:
    """Return what is left of spans outside of some holes."""
    left = joined(spans)
    for hole in holes:
        left = joined(
            part
            for each in left
            for part in (
                Span(each.since, min(each.until, hole.since)),
                Span(max(each.since, hole.until), each.until),
            )
        )
    return left


def apportioned(times: Mapping[str, Iterable[Span]]) -> dict[str, tuple[Span, ...]]:
    """Return the times of one person by team, each instant once: the first by name has it.

    The team without a name is none, and has what no other has.
    """
    taken: tuple[Span, ...] = ()
    found = {}
    for name in sorted(times, key=lambda each: (not each, each)):
        found[name] = without(times[name], taken)
        taken = joined((*taken, *found[name]))
    return {name: spans for name, spans in found.items() if spans}


@dataclass(frozen=True, slots=True)
class Apart:
    """When people of a caseload were not with the team, one line for each record and time."""

    records: list[UUID] = field(default_factory=list)
    since: list[datetime] = field(default_factory=list)
    until: list[datetime] = field(default_factory=list)

    def at(self, record: UUID, at: datetime) -> bool:
        """Return whether a person was not with the team at an instant."""
        lines = zip(self.records, self.since, self.until, strict=True)
        return any(who == record and since <= at < until for who, since, until in lines)


@dataclass(frozen=True, slots=True)
class Caseload:
    """Whom a team had from when to when, between two instants; `spans` as `joined` has them."""

    start: datetime
    end: datetime
    spans: Mapping[UUID, tuple[Span, ...]]

    @classmethod
    def whole(cls, people: Iterable[UUID], start: datetime, end: datetime) -> Caseload:
        """Return people whom a team had all the time."""
        time = (Span(start.astimezone(UTC), end.astimezone(UTC)),)
        return cls(*time[0], dict.fromkeys(people, time))

    def had(self, who: UUID, at: datetime) -> bool:
        """Return whether the team had somebody at an instant."""
        return any(each.since <= at < each.until for each in self.spans.get(who, ()))

    def has(self, who: UUID) -> bool:
        """Return whether the team has somebody at the end of it all."""
        spans = self.spans.get(who, ())
        return bool(spans) and spans[-1].until >= self.end

    def time(self, who: UUID, since: datetime, until: datetime) -> timedelta:
        """Return for how much of a time the team had somebody."""
        return sum((each.within(since, until) for each in self.spans.get(who, ())), NONE)

    def weeks(self, people: Iterable[UUID], since: datetime, until: datetime) -> float:
        """Return the weeks of some people in a time, those that they were not there left out."""
        return sum((self.time(who, since, until) for who in people), NONE) / WEEK

    def people(self, since: datetime, until: datetime) -> tuple[UUID, ...]:
        """Return whom the team had at any time of one."""
        return tuple(sorted(who for who in self.spans if self.time(who, since, until)))

    def only(self, people: Collection[UUID]) -> Caseload:
        """Return the same of some people alone."""
        spans = {who: spans for who, spans in self.spans.items() if who in people}
        return Caseload(self.start, self.end, spans)

    def apart(self, heads: Mapping[UUID, UUID], since: datetime, until: datetime) -> Apart:
        """Return when people were not with the team in a time; `heads` are people by record."""
        time, found = Span(since.astimezone(UTC), until.astimezone(UTC)), Apart()
        for record, who in heads.items():
            for each in without([time], self.spans.get(who, ())):
                found.records.append(record)
                found.since.append(each.since)
                found.until.append(each.until)
        return found
