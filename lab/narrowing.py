"""The same judged people seen more narrowly: without falls, or by the sharper alerts alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from core.vitals import Severity
from lab.judging import by_problem
from monitoring.criteria import CriteriaRule
from monitoring.early_warning import EarlyWarningRule
from monitoring.oximetry import OximetryRule
from monitoring.rule_kinds import ComboRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab.contest import Seen
    from lab.replayed import Said
    from monitoring.rule_kinds import Rule
    from monitoring.rulebook import Rulebook


class Spoken(Protocol):
    """One life as every way of alerting saw it, and what the rules said of it."""

    @property
    def seen(self) -> Seen:
        """The days on which each way spoke."""

    @property
    def findings(self) -> Sequence[Said]:
        """What the rules said at AMBER and RED."""


FALL, FALL_RULE = "fall", "FALL-DEV"


def without_falls(each: Spoken) -> Seen:
    """Return a person without their falls, and without what a fall detector says of them."""
    seen = each.seen
    kept = [number for number, kind in enumerate(seen.kinds) if kind != FALL]
    return replace(
        seen,
        events=seen.events[kept],
        kinds=tuple(seen.kinds[number] for number in kept),
        rules=by_problem(said for said in each.findings if said.rule != FALL_RULE),
    )


def of_several(each: Spoken, several: frozenset[str]) -> Seen:
    """Return a person with what is said at RED, and at AMBER by rules of several signs."""
    told = (s for s in each.findings if s.severity is Severity.RED or s.rule in several)
    return replace(each.seen, rules=by_problem(told))


def several_signs(rulebook: Rulebook) -> frozenset[str]:
    """Return the ids of the rules that no single sign makes fire above YELLOW."""
    return frozenset(rule.id for rule in rulebook.rules if _of_several(rule))


def _of_several(rule: Rule) -> bool:
    if isinstance(rule, CriteriaRule):
        return rule.least > 1
    if isinstance(rule, EarlyWarningRule):
        return not rule.single
    return isinstance(rule, (ComboRule, OximetryRule))
