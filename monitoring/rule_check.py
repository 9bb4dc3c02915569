"""What a clinician could not have meant by one rule, kind by kind; every reason is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vitals import MEASURES, Severity, Vital

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.rule_kinds import (
        AverageRule,
        ChangeRule,
        DriftRule,
        ImplausibleRule,
        Level,
        LimitRule,
        RepeatedDaysRule,
        ScoreRule,
        SustainedRule,
    )


def limit_rule(rule: LimitRule) -> Iterator[str]:
    """Tell of levels that are missing, out of order, empty, or outside the plausible range."""
    if not rule.levels:
        yield "no level"
    graver = rule.levels[0] if rule.levels else None
    for level in rule.levels:
        yield from _level(rule.vital, level)
        if graver is not None and level.severity.rank > graver.severity.rank:
            yield "levels must stand gravest first"
        if graver is not None and _beyond(level, graver):
            yield f"the {level.severity} level lies beyond the graver {graver.severity} one"
        graver = level


def _level(vital: Vital, level: Level) -> Iterator[str]:
    if level.limit is None and level.change is None:
        yield f"the {level.severity} level has neither limit nor change"
    if level.limit is not None:
        yield from in_range(vital, level.limit)
    if level.change is not None and (level.change > 0) != level.comparison.upward:
        yield "the sign of change contradicts the comparison"
    if level.short_of is not None and level.limit is not None:
        empty = level.comparison.holds(level.limit, level.short_of)
        if empty and level.limit != level.short_of:
            yield f"the {level.severity} level is empty: its limit lies beyond short_of"
    for companion in level.raised.companions if level.raised else ():
        yield from in_range(companion.vital, companion.limit)
    if level.raised and level.raised.severity.rank <= level.severity.rank:
        yield "a level is raised to no graver tier"


def _beyond(level: Level, graver: Level) -> bool:
    if level.limit is None or graver.limit is None or level.severity is graver.severity:
        return False
    if level.comparison.upward:
        return level.limit > graver.limit
    return level.limit < graver.limit


def in_range(vital: Vital, limit: float) -> Iterator[str]:
    """Tell of a limit that no device could report."""
    measure = MEASURES[vital]
    if not measure.low <= limit <= measure.high:
        yield f"limit {limit:g} lies outside the plausible range of {measure.display}"


def average_rule(rule: AverageRule) -> Iterator[str]:
    """Tell of limits outside the plausible range."""
    for term in rule.terms:
        yield from in_range(term.vital, term.limit)


def change_rule(rule: ChangeRule) -> Iterator[str]:
    """Tell of an amount against the comparison, and of a window too short."""
    if (rule.amount > 0) != rule.comparison.upward:
        yield "the sign of amount contradicts the comparison"
    if rule.recent_days >= rule.window_days + 1:
        yield "recent_days must fit in the window"


def sustained_rule(rule: SustainedRule) -> Iterator[str]:
    """Tell of a drift that is too grave alone, and of more days than there are."""
    yield from drift_alone(rule.severity)
    if not 0 < rule.on_days <= rule.of_days:
        yield "on_days must lie between 1 and of_days"


def drift_rule(rule: DriftRule) -> Iterator[str]:
    """Tell of a drift that is too grave alone, and of one that says too much or nothing."""
    yield from drift_alone(rule.severity)
    if rule.recent_days >= rule.usual_days:
        yield "recent_days must be fewer than usual_days"
    if (rule.change is None) == (rule.ratio is None):
        yield "a drift is either a change or a ratio"


def drift_alone(severity: Severity) -> Iterator[str]:
    """Tell of a drift above YELLOW: alone it may not be (evidence.md 1.8, multiplicity)."""
    if severity.rank > Severity.YELLOW.rank:
        yield "a drift signal alone may not be above YELLOW"


def repeated_days_rule(rule: RepeatedDaysRule) -> Iterator[str]:
    """Tell of a limit outside the plausible range."""
    yield from in_range(rule.vital, rule.limit)


def score_rule(rule: ScoreRule) -> Iterator[str]:
    """Tell of a score that would be RED by itself."""
    if rule.gravest.rank > Severity.AMBER.rank:
        yield "a learned score alone is never RED"


def implausible_rule(rule: ImplausibleRule) -> Iterator[str]:
    """Tell of a fault of measurement that would be RED."""
    if rule.unanswered_severity is Severity.RED:
        yield "an implausible value is never RED"
