"""What is true of a person at which time: facts that begin and end, and who somebody was then.

Two clocks count. What says when it began or ended is true from then and until then, whenever it
was heard. What does not say when it began is true of everything that arrives from when it was
heard: a condition that becomes known today may be years old, and what is judged today is judged
with it (decision 0021).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ingest.enrolment import Person

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span(Generic[T]):
    """Something that held for a time.

    `since` None: nobody said when it began; it is known since `heard` (None: always was).
    """

    what: T
    since: datetime | None = None
    until: datetime | None = None
    heard: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """What one version of a resource says: whether it holds now, and from when until when.

    `never` where it takes back that it ever held.
    """

    what: T
    holds: bool
    never: bool = False
    since: datetime | None = None
    until: datetime | None = None
    heard: datetime | None = None


def revised(before: Sequence[Span[T]], said: Said[T], *, now: datetime) -> tuple[Span[T], ...]:
    """Return the times at which something held, once a further version says so at `now`.

    A version with dates of its own replaces all that was said. One without them changes what
    holds from now on, and leaves the time before as it was.
    """
    if said.never:
        return ()
    if said.since is not None or said.until is not None:
        return _dated(before, said, now)
    if not said.holds:
        return _closed(before, now)
    if any(_open(span, now) and span.what == said.what for span in before):
        return tuple(before)
    begun = now if before else None
    return (*_closed(before, now), Span(said.what, begun, None, said.heard))


def _dated(before: Sequence[Span[T]], said: Said[T], now: datetime) -> tuple[Span[T], ...]:
    until = said.until
    if not said.holds:
        ends = [span.until for span in _closed(before, now) if span.until is not None]
        until = min(said.until, now) if said.until is not None else max(ends, default=None)
        if until is None:  # over, and nobody said when: it is not known ever to have held here
            return ()
    since = said.since if said.since is not None or not before else before[0].since
    if since is not None and until is not None and until <= since:
        return ()
    return (Span(said.what, since, until, before[0].heard if before else said.heard),)


def _closed(before: Sequence[Span[T]], now: datetime) -> tuple[Span[T], ...]:
    ended = (replace(span, until=now) if _open(span, now) else span for span in before)
    return tuple(span for span in ended if span.since is None or span.since < (span.until or now))


def _open(span: Span[T], now: datetime) -> bool:
    return span.until is None or span.until > now


@dataclass(frozen=True, slots=True)
class Fact:
    """What one span makes true of a person, in seconds since the epoch."""

    since: float = -math.inf
    until: float = math.inf
    heard: float = -math.inf
    groups: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    medicines: frozenset[str] = frozenset()
    medicine: bool = False  # it is one, of a class that rules know or not
    hypercapnic: bool = False
    alone: bool | None = None
    oxygen: bool = False  # breathed at home

    def holds(self, at: float, arrived: float) -> bool:
        """Return whether it is true at an instant, of what has arrived by another."""
        return self.since <= at < self.until and self.heard <= arrived


def times_of(span: Span[T]) -> Fact:
    """Return when a span is true; a beginning that was said does without being heard of."""
    since = -math.inf if span.since is None else span.since.timestamp()
    until = math.inf if span.until is None else span.until.timestamp()
    undated = span.since is None and span.heard is not None
    heard = span.heard.timestamp() if undated and span.heard is not None else -math.inf
    return Fact(since, until, heard)


def alone_facts(answers: Iterable[tuple[datetime, bool]]) -> list[Fact]:
    """Return who lives alone by answers, each of which holds until the next."""
    ordered = sorted(answers)
    nexts = [*(at.timestamp() for at, _ in ordered[1:]), math.inf]
    return [
        Fact(at.timestamp(), end, alone=alone)
        for (at, alone), end in zip(ordered, nexts, strict=False)
    ]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of one person with its times; `scale_two` is a clinician's plan."""

    facts: tuple[Fact, ...]
    scale_two: bool = False
    lives_alone: bool | None = None  # where no dated answer says
    _turns: list[float] = field(init=False, repr=False, compare=False)
    _news: list[float] = field(init=False, repr=False, compare=False)
    _known: dict[tuple[int, int], tuple[Person, Person]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Note the instants at which anything changes."""
        turns = {end for fact in self.facts for end in (fact.since, fact.until)}
        object.__setattr__(self, "_turns", sorted(t for t in turns if math.isfinite(t)))
        news = {fact.heard for fact in self.facts if math.isfinite(fact.heard)}
        object.__setattr__(self, "_news", sorted(news))

    @property
    def changes(self) -> list[float]:
        """Return the instants at which anything known changes, in seconds."""
        return sorted({*self._turns, *self._news})

    def person(self, who: Person, at: float, arrived: float) -> Person:
        """Return who somebody was at `at`, by what had arrived by `arrived`; made once each."""
        place = (bisect_right(self._turns, at), bisect_right(self._news, arrived))
        known = self._known.get(place)
        if known is None or known[0] is not who:  # another copy of the same person
            known = self._known[place] = (who, self._made(who, at, arrived))
        return known[1]

    def _made(self, who: Person, at: float, arrived: float) -> Person:
        true = [fact for fact in self.facts if fact.holds(at, arrived)]
        said = [fact.alone for fact in true if fact.alone is not None]
        return replace(
            who,
            groups=frozenset[str]().union(*(fact.groups for fact in true)),
            traits=frozenset[str]().union(*(fact.traits for fact in true)),
            medicines=frozenset[str]().union(*(fact.medicines for fact in true)),
            medicines_known=any(fact.medicine for fact in self.facts if fact.heard <= arrived),
            lives_alone=any(said) if said else self.lives_alone,
            scale_two=self.scale_two and any(fact.hypercapnic for fact in true),
            on_oxygen=any(fact.oxygen for fact in true) or who.on_oxygen,
        )
