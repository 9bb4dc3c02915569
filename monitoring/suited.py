"""Which rules are for a person: found once for all instants of a local day."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from monitoring.kinds import kind_of
from monitoring.whom import on_oxygen, suits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from ingest.enrolment import Person
    from monitoring.moment import Moment
    from monitoring.rule_kinds import Rule
    from monitoring.rulebook import Rulebook


def applying(asked: Iterable[Rule], now: Moment, rulebook: Rulebook) -> Iterator[Rule]:
    """Yield those of the asked rules, all of the rulebook, that are for this person then."""
    for rule in _suited(asked, now, rulebook):
        oxygen = rule.scope.on_oxygen
        if oxygen is None or oxygen is on_oxygen(now):
            yield rule


def _suited(asked: Iterable[Rule], now: Moment, rulebook: Rulebook) -> Iterable[Rule]:
    """Return those that can fire and are for this person, oxygen left aside.

    They are the same for a whole local day while nothing new is known of the person.
    """
    last: _Suited | None = now.past.told.get(_Suited)
    if last is None or not last.about(now, rulebook):
        fitting = (each for each in rulebook.rules if kind_of(each).fire is not None)
        ids = {rule.id for rule in fitting if suits(rule.scope, now.person, now.day)}
        last = now.past.told[_Suited] = _Suited(now.person, now.day, rulebook, ids, {})
    known = last.of.get(id(asked))
    if known is None or known[0] is not asked:
        known = last.of[id(asked)] = (asked, [rule for rule in asked if rule.id in last.ids])
    return known[1]


class _Suited(NamedTuple):
    """The rules for somebody on a day; with what each list was made of, so that it lives on."""

    person: Person
    day: int
    rulebook: Rulebook
    ids: AbstractSet[str]
    of: dict[int, tuple[Iterable[Rule], list[Rule]]]

    def about(self, now: Moment, rulebook: Rulebook) -> bool:
        same = self.person is now.person and self.rulebook is rulebook
        return same and self.day == now.day
