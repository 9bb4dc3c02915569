"""Every limit in force for a person, one line each, for whoever reads a plan: pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Severity, Vital
from monitoring.plans.limits import Origin
from monitoring.rule_kinds import AverageRule, LimitRule
from monitoring.rule_words import amount, level_words
from monitoring.whom import suits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.enrolment import Person
    from monitoring.plans.deciding import GaveWay
    from monitoring.plans.in_force import Plan
    from monitoring.plans.limits import PlanLimit
    from monitoring.rule_kinds import Level, Rule


@dataclass(frozen=True, slots=True)
class Line:
    """One level that is in force; `limit` says who set it, and is None for the rulebook's own."""

    vital: Vital
    upward: bool
    severity: Severity
    words: str
    rule: str
    limit: PlanLimit | None = None


def lines(plan: Plan, person: Person, day: int) -> list[Line]:
    """Return the fixed limits that apply to a person on a local day, by measurement and end.

    Of the rulebook those of one measurement alone; what rests on the own usual only, or on
    several facts together, is no limit of a plan.
    """
    found = [
        line
        for rule in plan.rulebook.rules
        if suits(rule.scope, person, day)
        for line in _of(rule, plan)
    ]
    return sorted(found, key=_order)


def _order(line: Line) -> tuple[str, bool, int, str]:
    return MEASURES[line.vital].display, line.upward, -line.severity.rank, line.rule


def _of(rule: Rule, plan: Plan) -> Iterator[Line]:
    limit = plan.sources.get(rule.id)
    if isinstance(rule, LimitRule):
        for level in rule.levels:
            tier = _said(rule, level)
            if tier is not None and (level.limit is not None or limit is not None):
                words = level_words(rule, level)
                yield Line(rule.vital, level.comparison.upward, tier, words, rule.id, limit)
    if isinstance(rule, AverageRule) and (not rule.tiers or rule.severity in rule.tiers):
        for term in rule.terms:
            spoken = term.comparison.value.replace("-", " ")
            name = MEASURES[term.vital].display
            words = f"{name}, mean of {rule.least_readings} or more readings, {spoken}"
            said = f"{words} {amount(term.vital, term.limit)}"
            yield Line(term.vital, term.comparison.upward, rule.severity, said, rule.id)


def _said(rule: LimitRule, level: Level) -> Severity | None:
    """Return the tier of a level; where that is silent, the one that a second fact lifts it to."""
    raised = level.raised.severity if level.raised else None
    for tier in (level.severity, raised):
        if tier is not None and (not rule.tiers or tier in rule.tiers):
            return tier
    return None


def whose(limit: PlanLimit, display: str = "") -> str:
    """Return whose a limit is; `display` is the name of its template."""
    if limit.origin is Origin.CLINICIAN:
        return limit.set_by or "a clinician"
    if limit.origin is Origin.TEMPLATE:
        return f"template {display or limit.origin_name}"
    return "the site" + (", locked" if limit.locked else "")


def yielded(gone: GaveWay) -> str:
    """Return a level that gave way, in words."""
    limit = gone.limit
    end = f"at or {gone.side.edge} {amount(limit.vital, gone.value)}"
    if limit.from_usual:
        end = f"{amount(limit.vital, abs(gone.value))} {gone.side.edge} the usual"
    return f"{gone.severity} {MEASURES[limit.vital].display} {end}"
