"""Every limit in force for a person, one line each, for whoever reads a plan: pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Severity, Vital
from monitoring.catalogue import ENGLISH
from monitoring.level_phrases import BEYOND, level_phrases, sized
from monitoring.phrases import Phrase, shortest
from monitoring.plans.limits import Origin, Side
from monitoring.rule_kinds import AverageRule, LimitRule
from monitoring.whom import suits
from monitoring.words import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.enrolment import Person
    from monitoring.comparison import Comparison
    from monitoring.phrases import Value
    from monitoring.plans.deciding import GaveWay
    from monitoring.plans.in_force import Plan
    from monitoring.plans.limits import PlanLimit
    from monitoring.rule_kinds import Level, Rule, Term


class Needs(StrEnum):
    """What must hold beside a value beyond the limit."""

    NOTHING = ""
    CHANGE = "change"  # also a change from the usual
    MEAN = "mean"  # the mean of several readings lies beyond it
    MORE = "more"  # something else besides: below that, the level is silent


@dataclass(frozen=True, slots=True)
class Fixed:
    """The limit of a level as a number, in the canonical unit."""

    comparison: Comparison
    value: float
    needs: Needs = Needs.NOTHING


@dataclass(frozen=True, slots=True)
class Line:
    """One level that is in force; `limit` says who set it, and is None for the rulebook's own."""

    vital: Vital
    upward: bool
    severity: Severity
    said: tuple[Phrase, ...]
    rule: str
    limit: PlanLimit | None = None
    fixed: Fixed | None = None  # None where only a change from the usual counts

    def words(self, language: str = ENGLISH) -> str:
        """Return when it holds and how it is confirmed."""
        return "; ".join(phrase(each, language) for each in self.said)


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
                said = tuple(level_phrases(rule, level))
                fixed = _fixed(level, tier)
                yield Line(rule.vital, level.comparison.upward, tier, said, rule.id, limit, fixed)
    if isinstance(rule, AverageRule) and (not rule.tiers or rule.severity in rule.tiers):
        for term in rule.terms:
            said = (_mean(rule, term),)
            fixed = Fixed(term.comparison, term.limit, Needs.MEAN)
            upward = term.comparison.upward
            yield Line(term.vital, upward, rule.severity, said, rule.id, None, fixed)


def _fixed(level: Level, tier: Severity) -> Fixed | None:
    if level.limit is None:
        return None
    needs = Needs.NOTHING if tier is level.severity else Needs.MORE
    return Fixed(level.comparison, level.limit, needs if level.change is None else Needs.CHANGE)


def _mean(rule: AverageRule, term: Term) -> Phrase:
    mean: dict[str, Value] = {
        "measure": Phrase(MEASURES[term.vital].display),
        "count": shortest(rule.least_readings),
    }
    limit = sized(term.vital, term.limit)
    over = Phrase("{measure}, mean of {count} or more readings,", mean)
    return Phrase(BEYOND[term.comparison], {"measure": over, "limit": limit})


def _said(rule: LimitRule, level: Level) -> Severity | None:
    """Return the tier of a level; where that is silent, the one that a second fact lifts it to."""
    raised = level.raised.severity if level.raised else None
    for tier in (level.severity, raised):
        if tier is not None and (not rule.tiers or tier in rule.tiers):
            return tier
    return None


def whose(limit: PlanLimit, display: str = "") -> Phrase:
    """Return whose a limit is; `display` is the name of its template."""
    if limit.origin is Origin.CLINICIAN:
        return Phrase(limit.set_by) if limit.set_by else Phrase("a clinician")
    if limit.origin is Origin.TEMPLATE:
        return Phrase("template {name}", {"name": Phrase(display or limit.origin_name)})
    return Phrase("the site, locked") if limit.locked else Phrase("the site")


def yielded(gone: GaveWay) -> Phrase:
    """Return a level that gave way."""
    limit, low = gone.limit, gone.side is Side.LOW
    facts: dict[str, Value] = {
        "tier": Phrase(gone.severity),
        "measure": Phrase(MEASURES[limit.vital].display),
        "limit": sized(limit.vital, abs(gone.value) if limit.from_usual else gone.value),
    }
    if limit.from_usual:
        return Phrase(_BELOW_USUAL if low else _ABOVE_USUAL, facts)
    return Phrase(_AT_OR_BELOW if low else _AT_OR_ABOVE, facts)


_AT_OR_BELOW = "{tier} {measure} at or below {limit}"
_AT_OR_ABOVE = "{tier} {measure} at or above {limit}"
_BELOW_USUAL = "{tier} {measure} {limit} below the usual"
_ABOVE_USUAL = "{tier} {measure} {limit} above the usual"
