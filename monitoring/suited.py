"""Which rules are for a person: found once for all instants of a local day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitoring.whom import on_oxygen, suits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from monitoring.moment import Moment
    from monitoring.rule_kinds import Rule
    from monitoring.rulebook import Rulebook

_SUITED = "suited"


def applying(asked: Iterable[Rule], now: Moment, rulebook: Rulebook) -> Iterator[Rule]:
    """Yield those of the asked rules, all of the rulebook, that are for this person then."""
    suited = _suited(now, rulebook)
    for rule in asked:
        if rule.id in suited:
            oxygen = rule.scope.on_oxygen
            if oxygen is None or oxygen is on_oxygen(now):
                yield rule


def _suited(now: Moment, rulebook: Rulebook) -> AbstractSet[str]:
    """Return the ids of the rules for this person, oxygen left aside.

    They are the same for a whole local day while nothing new is known of the person.
    """
    last = now.past.told.get(_SUITED)
    if last is None or last[0] is not now.person or last[1] is not rulebook or last[2] != now.day:
        found = {rule.id for rule in rulebook.rules if suits(rule.scope, now.person, now.day)}
        last = now.past.told[_SUITED] = (now.person, rulebook, now.day, found)
    suited: AbstractSet[str] = last[3]
    return suited
