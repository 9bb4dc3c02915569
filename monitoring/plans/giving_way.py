"""How a rule of the rulebook gives way to a limit that a clinician set: below RED, never above.

Told for what alerts at a fixed value of one vital: a limit, an average, a value on several days,
and a single part of the early warning score. What rests on the person's own usual, or on several
facts together, goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from core.vitals import Severity, Vital
from monitoring.early_warning import EarlyWarningRule
from monitoring.plans.deciding import beyond
from monitoring.plans.limits import Side
from monitoring.rule_kinds import AverageRule, LimitRule, RepeatedDaysRule, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

# What a plan never switches off: danger to life, and what concerns the measurement only.
ALWAYS = frozenset({Severity.RED, Severity.DQ})
Own = Mapping[tuple[Vital, Side], Mapping[Severity, float]]  # what a clinician set, by tier


def giving_way(rule: Rule, own: Own) -> Rule:
    """Return the rule as it stands beside a clinician's limits; the same where it stands."""
    if isinstance(rule, LimitRule):
        return _limit(rule, own)
    if isinstance(rule, AverageRule):
        return _average(rule, own)
    if isinstance(rule, RepeatedDaysRule):
        side = side_of(upward=rule.comparison.upward)
        stays = _stays(rule.severity, [rule.limit], side, own.get((rule.vital, side)))
        return rule if stays else _silent(rule)
    if isinstance(rule, EarlyWarningRule) and rule.single and rule.severity is not Severity.RED:
        spared = frozenset((vital, side is Side.HIGH) for vital, side in own)
        return replace(rule, spared=spared) if spared else rule
    return rule


def _limit(rule: LimitRule, own: Own) -> Rule:
    side = side_of(upward=rule.levels[0].comparison.upward)
    given = own.get((rule.vital, side))
    fixed = [level for level in rule.levels if level.limit is not None]
    lesser = [level for level in fixed if level.severity not in ALWAYS]
    if given is None or not lesser:
        return rule
    alerts = [level.limit for level in lesser if level.severity is Severity.AMBER]
    if alerts and _stays(Severity.AMBER, (a for a in alerts if a is not None), side, given):
        keeps = ALWAYS | {Severity.AMBER}
        return rule if len(alerts) == len(lesser) else _silent(rule, keeps)
    return _silent(rule)


def _average(rule: AverageRule, own: Own) -> Rule:
    """Leave out the terms that gave way; a rule that has none left is silent."""
    kept = []
    for term in rule.terms:
        side = side_of(upward=term.comparison.upward)
        if _stays(rule.severity, [term.limit], side, own.get((term.vital, side))):
            kept.append(term)
    if len(kept) == len(rule.terms):
        return rule
    return replace(rule, terms=tuple(kept)) if kept else _silent(rule)


def _stays(
    severity: Severity, values: Iterable[float], side: Side, given: Mapping[Severity, float] | None
) -> bool:
    """Return whether a tier at some values contradicts nothing that a clinician set.

    RED always stays. An AMBER stays where the clinician set a warning only and all of its
    values lie beyond that; a YELLOW never does.
    """
    if given is None or severity in ALWAYS:
        return True
    if severity is not Severity.AMBER or Severity.AMBER in given:
        return False
    return all(beyond(value, given[Severity.YELLOW], side) for value in values)


def _silent(rule: Rule, keeps: frozenset[Severity] = ALWAYS) -> Rule:
    """Return the rule with some tiers left, of those that it still has."""
    # No tier at all would mean each of them.
    return replace(rule, tiers=(keeps & rule.tiers) or ALWAYS if rule.tiers else keeps)


def side_of(*, upward: bool) -> Side:
    """Return which end of the range a comparison guards."""
    return Side.HIGH if upward else Side.LOW
