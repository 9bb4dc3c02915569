"""The same judged people seen more narrowly: without falls, or by the sharper alerts alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from core.vitals import Severity
from lab.judging import by_problem
from lab.replayed import DAY
from monitoring.criteria import CriteriaRule
from monitoring.early_warning import EarlyWarningRule
from monitoring.oximetry import OximetryRule
from monitoring.rule_kinds import ComboRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

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

    @property
    def days(self) -> NDArray[np.float64]:
        """The ends of the days on which a score was asked, float64[n]."""


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
    """Return a person with what stood at RED, and what rules of several signs say at AMBER.

    A RED that a normal repeat lowered is an AMBER of one sign, as it is live.
    """
    told = (s for s in each.findings if _stood_red(s) or s.rule in several)
    return replace(each.seen, rules=by_problem(told))


def _stood_red(said: Said) -> bool:
    return said.severity is Severity.RED and said.stood


def said_by(seen: Seen, name: str) -> Seen:
    """Return a person of whom another way, as it runs, said what the rules did."""
    each = seen.others.get(name, {}).items()
    return replace(seen, rules={p: (s.fired(1.0) - seen.start) / DAY for p, s in each})


def several_signs(rulebook: Rulebook) -> frozenset[str]:
    """Return the ids of the rules that no single sign makes fire above YELLOW."""
    return frozenset(rule.id for rule in rulebook.rules if _of_several(rule))


def _of_several(rule: Rule) -> bool:
    if isinstance(rule, CriteriaRule):
        return rule.least > 1
    if isinstance(rule, EarlyWarningRule):
        return not rule.single
    return isinstance(rule, (ComboRule, OximetryRule))
