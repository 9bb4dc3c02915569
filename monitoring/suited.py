"""Which rules are for a person: found once for all instants of a local day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitoring.kinds import kind_of
from monitoring.whom import on_oxygen, suits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
    about = (now.person, now.day, rulebook)
    last = now.past.told.get(_ABOUT)
    if last is None or any(one is not other for one, other in zip(last, about, strict=True)):
        fitting = (each for each in rulebook.rules if kind_of(each).fire is not None)
        ids = {rule.id for rule in fitting if suits(rule.scope, now.person, now.day)}
        now.past.told[_ABOUT], now.past.told[_SUITED] = about, (ids, {})
    ids, found = now.past.told[_SUITED]
    known = found.get(id(asked))
    if known is None or known[0] is not asked:
        known = found[id(asked)] = (asked, [rule for rule in asked if rule.id in ids])
    suited: list[Rule] = known[1]
    return suited


_ABOUT, _SUITED = "about whom", "suited"
