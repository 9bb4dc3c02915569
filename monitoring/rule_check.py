"""Refuses a rulebook that a clinician could not have meant, and says every reason."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Severity, Vital
from monitoring.rule_kinds import (
    DRIFT_KINDS,
    AverageRule,
    ChangeRule,
    DriftRule,
    ImplausibleRule,
    LimitRule,
    RepeatedDaysRule,
    ScoreRule,
    SustainedRule,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from monitoring.rule_kinds import AnyRule, Level

CONFIDENCE = re.compile(r"(V|R-h|R-m|R-l|D|E|T)(/(V|R-h|R-m|R-l|D|E|T))*")
TEMPLATE_FIELDS = frozenset(
    {
        "value",
        "unit",
        "measure",
        "limit",
        "change",
        "percent",
        "span",
        "count",
        "basis",
        "which",
        "since",
        "amount",
        "remark",
    }
)


def faults(rules: Iterable[AnyRule], conditions: Collection[str]) -> list[str]:
    """Return what is wrong with the rules, one sentence each; empty where nothing is."""
    found: list[str] = []
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            found.append(f"{rule.id}: the id stands twice")
        seen.add(rule.id)
        found += [f"{rule.id}: {fault}" for fault in _faults(rule, conditions)]
    return found


def _faults(rule: AnyRule, conditions: Collection[str]) -> Iterator[str]:
    for condition in sorted(rule.scope.conditions - set(conditions)):
        yield f"unknown condition {condition}"
    if not rule.source:
        yield "no source"
    if CONFIDENCE.fullmatch(rule.confidence) is None:
        yield f"confidence {rule.confidence!r} is no tag of evidence.md"
    yield from _words(rule)
    yield from _kind(rule)


def _words(rule: AnyRule) -> Iterator[str]:
    for template in (rule.clinician, rule.patient):
        if not template:
            yield "a sentence is missing"
        for field in _template_fields(template) - TEMPLATE_FIELDS:
            yield f"unknown template field {field}"


def closing_faults(closing: Mapping[str, str]) -> list[str]:
    """Return which closing words use a field other than `emergency`."""
    return [
        f"closing {tier}: unknown template field {name}"
        for tier, words in closing.items()
        for name in sorted(_template_fields(words) - {"emergency"})
    ]


def _template_fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _kind(rule: AnyRule) -> Iterator[str]:
    if isinstance(rule, DRIFT_KINDS) and rule.severity.rank > Severity.YELLOW.rank:
        yield "a drift signal alone may not be above YELLOW"
    if isinstance(rule, LimitRule):
        yield from _limit_rule(rule)
    elif isinstance(rule, AverageRule):
        for term in rule.terms:
            yield from _in_range(term.vital, term.limit)
    elif isinstance(rule, RepeatedDaysRule):
        yield from _in_range(rule.vital, rule.limit)
    elif isinstance(rule, ScoreRule) and rule.gravest.rank > Severity.AMBER.rank:
        yield "a learned score alone is never RED"
    elif isinstance(rule, ImplausibleRule) and rule.unanswered_severity is Severity.RED:
        yield "an implausible value is never RED"
    yield from _windows(rule)


def _windows(rule: AnyRule) -> Iterator[str]:
    if isinstance(rule, SustainedRule) and not 0 < rule.on_days <= rule.of_days:
        yield "on_days must lie between 1 and of_days"
    if isinstance(rule, DriftRule):
        if rule.recent_days >= rule.usual_days:
            yield "recent_days must be fewer than usual_days"
        if (rule.change is None) == (rule.ratio is None):
            yield "a drift is either a change or a ratio"
    if isinstance(rule, ChangeRule):
        if (rule.amount > 0) != rule.comparison.upward:
            yield "the sign of amount contradicts the comparison"
        if rule.recent_days >= rule.window_days + 1:
            yield "recent_days must fit in the window"


def _limit_rule(rule: LimitRule) -> Iterator[str]:
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
        yield from _in_range(vital, level.limit)
    if level.change is not None and (level.change > 0) != level.comparison.upward:
        yield "the sign of change contradicts the comparison"
    if level.short_of is not None and level.limit is not None:
        empty = level.comparison.holds(level.limit, level.short_of)
        if empty and level.limit != level.short_of:
            yield f"the {level.severity} level is empty: its limit lies beyond short_of"
    for companion in level.raised.companions if level.raised else ():
        yield from _in_range(companion.vital, companion.limit)
    if level.raised and level.raised.severity.rank <= level.severity.rank:
        yield "a level is raised to no graver tier"


def _beyond(level: Level, graver: Level) -> bool:
    if level.limit is None or graver.limit is None or level.severity is graver.severity:
        return False
    if level.comparison.upward:
        return level.limit > graver.limit
    return level.limit < graver.limit


def _in_range(vital: Vital, limit: float) -> Iterator[str]:
    measure = MEASURES[vital]
    if not measure.low <= limit <= measure.high:
        yield f"limit {limit:g} lies outside the plausible range of {measure.display}"
