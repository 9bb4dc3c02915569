"""Which rules never decide, because another one says the same or graver whenever they would.

Told for rules of one kind, problem, vital and direction whose people are all among those of the
other. A rule may name the other in its `overlaps`, with the reason why both are wanted.
"""

from __future__ import annotations

import operator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from core.vitals import Severity
from monitoring.control_charts import ControlChartRule
from monitoring.criteria import CriteriaRule, Criterion
from monitoring.early_warning import EarlyWarningRule
from monitoring.events import EventRule
from monitoring.rule_kinds import (
    AverageRule,
    ChangeRule,
    DriftRule,
    Level,
    LimitRule,
    RepeatedDaysRule,
    Rule,
    Scope,
    SilenceRule,
    SustainedRule,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Eager = dict[str, Callable[[Any, Any], bool]]

ABOUT = frozenset(
    {"id", "source", "confidence", "clinician", "patient", "scope", "note", "shadow", "tiers"}
    | {"overlaps", "severity"}
)
MOVED = frozenset({"limit", "comparison", "words"})
FEWER, MORE = operator.le, operator.ge
SAME: Callable[[Any, Any], bool] = operator.eq


def _smaller(one: float | None, other: float | None) -> bool:
    """Return whether a signed change is on the same side and no larger."""
    if one is None or other is None:
        return one is other
    return (one > 0) == (other > 0) and abs(one) <= abs(other)


def _sooner(one: float | None, other: float | None) -> bool:
    """Return whether what nobody repeats goes through as soon, or that it never does for both."""
    return other is None or (one is not None and one <= other)


def _larger(one: float | None, other: float | None) -> bool:
    return one is other is None or (one is not None and other is not None and one >= other)


# In which fields a rule may differ from another and still fire whenever the other does.
EAGER: dict[type[Rule], Eager] = {
    AverageRule: {"least_readings": FEWER, "unanswered_minutes": _sooner},
    ChangeRule: {"amount": _smaller, "window_days": MORE},
    SustainedRule: {"change": _smaller, "on_days": FEWER},
    DriftRule: {"change": _smaller, "ratio": _larger, "least_recent": FEWER},
    RepeatedDaysRule: {"days": FEWER},
    SilenceRule: {"hours": FEWER, "hours_alone": FEWER, "vital_days": FEWER, "forget_days": MORE},
    EventRule: {"cancel_seconds": FEWER},
    EarlyWarningRule: {"least": FEWER, "most": MORE, "rise": FEWER, "least_parts": FEWER},
    ControlChartRule: {"limit": FEWER, "on_days": FEWER},
    CriteriaRule: {"least": FEWER, "hours": MORE},
}
NESTED = frozenset({"levels", "terms", "criteria", "clears_by", "limit", "comparison"})


def faults(rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """Yield (rule id, fault) of each rule, or level of one, that is left nothing to decide.

    A rule of several levels may be left only some; then it still decides by the others.
    """
    for rule in rules:
        yield from _beside(rule, rules)
        yield from _within(rule)
        yield from _unknown(rule, rules)


def _beside(rule: Rule, rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    meant = {each.rule for each in rule.overlaps}
    others = [r for r in rules if r is not rule and r.id not in meant and not r.shadow]
    by = {field: other for other in others for field in _covered(other, rule)}
    if rule.shadow or (isinstance(rule, LimitRule) and len(by) < len(rule.levels)):
        return
    for field, other in by.items():
        yield rule.id, f"{field}: {other.id} says as much whenever it would fire"


def _within(rule: Rule) -> Iterator[tuple[str, str]]:
    """Tell of levels that an earlier one of the same rule leaves nothing to."""
    if not isinstance(rule, LimitRule):
        return
    for i, level in enumerate(rule.levels):
        if any(_level(rule, before, level) for before in rule.levels[:i]):
            yield rule.id, f"levels[{i}]: an earlier level says as much whenever it would fire"


def _unknown(rule: Rule, rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    ids = {each.id for each in rules}
    for overlap in rule.overlaps:
        if overlap.rule not in ids:
            yield rule.id, f"overlaps: there is no rule {overlap.rule}"
        if not overlap.reason.strip():
            yield rule.id, f"overlaps: no reason is given for {overlap.rule}"


def _covered(other: Rule, rule: Rule) -> list[str]:
    """Return the fields of `rule` that `other` leaves nothing to decide."""
    if type(other) is not type(rule) or other.problem is not rule.problem:
        return []
    if not wider(other.scope, rule.scope):
        return []
    if isinstance(rule, LimitRule) and isinstance(other, LimitRule):
        return _levels(other, rule)
    if not _as_grave(other, rule) or not _as_eager(other, rule):
        return []
    return [_nested_field(rule)] if _nested(other, rule) else []


def _levels(other: LimitRule, rule: LimitRule) -> list[str]:
    if other.vital is not rule.vital:
        return []
    covered = (any(_level(other, o, level) for o in other.levels) for level in rule.levels)
    return [f"levels[{i}]" for i, is_covered in enumerate(covered) if is_covered]


def _level(rule: LimitRule, eager: Level, level: Level) -> bool:
    """Return whether `eager`, of `rule`, fires as gravely whenever `level` does."""
    gravest = max((level.severity, *_raised(level)), key=lambda tier: tier.rank)
    if rule.tiers and eager.severity not in rule.tiers:
        return False
    same_raise = eager.raised is not None and eager.raised == level.raised
    tier = level.severity if same_raise else gravest
    if not _graver(eager.severity, tier):
        return False
    return _beyond(eager, level) and _as_changed(eager, level) and _as_soon(eager, level)


def _raised(level: Level) -> tuple[Severity, ...]:
    return (level.raised.severity,) if level.raised else ()


def _beyond(eager: Level, level: Level) -> bool:
    if eager.comparison.upward != level.comparison.upward:
        return False
    if eager.limit is not None and (level.limit is None or not looser(eager, level)):
        return False
    if eager.short_of is None:
        return True
    if level.short_of is None:
        return False
    upward = level.comparison.upward
    return level.short_of <= eager.short_of if upward else level.short_of >= eager.short_of


def looser(one: Any, other: Any) -> bool:
    """Return whether every value beyond the other's limit is beyond this one's too."""
    if one.comparison.upward != other.comparison.upward:
        return False
    if one.limit == other.limit:
        return one.comparison.holds(0.0, 0.0) or not other.comparison.holds(0.0, 0.0)
    return bool(one.comparison.holds(other.limit, one.limit))


def _as_changed(eager: Level, level: Level) -> bool:
    if eager.change is None:
        return True
    return eager.usual_days == level.usual_days and _smaller(eager.change, level.change)


def _as_soon(eager: Level, level: Level) -> bool:
    """Return whether it waits for no more repeats than the other; a RED waits for none (AL-20)."""
    if eager.severity is Severity.RED or eager.readings == 1:
        return True
    return (
        level.severity is not Severity.RED
        and eager.readings <= level.readings
        and eager.within_minutes >= level.within_minutes
        and eager.apart_minutes <= level.apart_minutes
        and (level.consecutive or not eager.consecutive)
        and _sooner(eager.unanswered_minutes, level.unanswered_minutes)
    )


def _graver(one: Severity, other: Severity) -> bool:
    """Return whether a tier is as grave, in the same lane."""
    if Severity.DQ in (one, other):
        return one is other
    return one.rank >= other.rank


def _as_grave(other: Rule, rule: Rule) -> bool:
    one, two = (getattr(each, "severity", None) for each in (other, rule))
    if one is None or two is None:
        return one is two
    if other.tiers and one not in other.tiers:
        return False
    return _graver(one, two)


def _as_eager(other: Rule, rule: Rule) -> bool:
    eager = EAGER.get(type(rule), {})
    if isinstance(rule, EarlyWarningRule) and rule.single:
        eager = {}
    return all(
        eager.get(each.name, SAME)(getattr(other, each.name), getattr(rule, each.name))
        for each in fields(rule)
        if each.name not in ABOUT | NESTED or each.name in eager
    )


def _nested(other: Any, rule: Any) -> bool:
    """Return whether the limits within a rule leave nothing to the other's."""
    if isinstance(rule, AverageRule):
        return all(any(_same_but_limit(o, t) for o in other.terms) for t in rule.terms)
    if isinstance(rule, CriteriaRule):
        return _criteria(other.criteria, rule.criteria)
    if isinstance(rule, ControlChartRule):
        return True
    if hasattr(rule, "comparison") and hasattr(rule, "limit"):
        return looser(other, rule)
    if hasattr(rule, "comparison"):
        return bool(other.comparison is rule.comparison)
    return bool(getattr(other, "limit", None) == getattr(rule, "limit", None))


def _nested_field(rule: Rule) -> str:
    for name in ("limit", "amount", "change", "ratio", "terms", "criteria", "least", "hours"):
        if getattr(rule, name, None) is not None:
            return name
    return "id"


def _same_but_limit(one: Any, other: Any) -> bool:
    if one.vital is not other.vital or other.limit is None or one.limit is None:
        return bool(one == other)
    kept = (each.name for each in fields(one) if each.name not in MOVED)
    return looser(one, other) and all(getattr(one, n) == getattr(other, n) for n in kept)


def _criteria(others: Sequence[Criterion], own: Sequence[Criterion]) -> bool:
    """Return whether each criterion has one of its own in the others that holds when it does."""
    free = list(others)
    for criterion in own:
        match = next((each for each in free if _criterion(each, criterion)), None)
        if match is None:
            return False
        free.remove(match)
    return True


def _criterion(other: Criterion, own: Criterion) -> bool:
    if not own.medicines <= other.medicines:
        return False
    return all(any(_same_but_limit(o, t) for o in other.any) for t in own.any)


def wider(one: Scope, other: Scope) -> bool:
    """Return whether everybody whom the other scope is for is in this one too."""
    if one.age_or_trait or other.age_or_trait:
        return one == other
    return (
        all(_any_of(one, other, name) for name in ("conditions", "traits", "medicines"))
        and one.without_conditions <= other.without_conditions
        and one.without_medicines <= other.without_medicines
        and _within_days(one.discharged_within, other.discharged_within)
        and (one.least_age is None or (other.least_age or 0) >= one.least_age)
        and all(
            getattr(one, name) in (None, getattr(other, name))
            for name in ("scale_two", "lives_alone", "on_oxygen")
        )
    )


def _within_days(one: int | None, other: int | None) -> bool:
    return one is None or (other is not None and other <= one)


def _any_of(one: Scope, other: Scope, name: str) -> bool:
    asked, given = getattr(one, name), getattr(other, name)
    return not asked or (bool(given) and given <= asked)
