"""What might make a noisy rule quieter, derived from its own outcomes; pure.

A proposal is one limit of a site's plan in the place of one rule below RED. It is a suggestion to
be judged again over the past and reviewed by people: nothing here changes what is in force.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, Any

from core.vitals import MEASURES, Severity
from monitoring.plans.giving_way import ALWAYS, side_of
from monitoring.plans.limits import Origin, PlanLimit, Side, faults
from monitoring.rule_kinds import LimitRule, Scope
from reports.rates import ACTIONABLE, COUNTED, FEW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from monitoring.rule_kinds import Level, Rule
    from reports.quality import Line

MOSTLY = 0.5  # E: of those with an outcome, as many must be wrong for a change to be proposed
AGREE, WITHIN = 2, 30.0  # E: the repeat of AL-20


class Kind(StrEnum):
    """What is proposed, or why nothing is."""

    AGREE = "agree"  # two readings must agree
    MOVE = "move"  # the limit lies elsewhere
    FEW = "few"  # too few outcomes
    GOOD = "good"  # at least half led to an action
    RED = "red"  # never proposed to be silenced
    OTHER = "other"  # no single fixed limit that a plan could set


@dataclass(frozen=True, slots=True)
class Proposal:
    """One proposal for one rule; `limit` is None where nothing is proposed."""

    rule: str
    kind: Kind
    limit: PlanLimit | None = None
    value: float | None = None  # where the limit would lie
    spared: int = 0  # labelled alerts without an action that it would not have raised
    lost: int = 0  # labelled alerts with an action that it would not have raised


def propose(rule: Rule | None, line: Line, values: Mapping[UUID, float]) -> Proposal:
    """Return what might quieten a rule; `values` are the furthest ones of its alerts.

    Falls back on what the outcomes say: mostly mismeasured, so two readings must agree; mostly
    harmless for the person, so the limit moves to the first value that led to an action, or to
    the median of those that did not.
    """
    fixed = _fixed(rule)
    if (unfit := _unfit(rule, fixed, line)) or not isinstance(rule, LimitRule):
        return Proposal(line.key, unfit or Kind.OTHER)
    wrong = line.outcomes
    measured, benign = wrong["false-measurement"], wrong["false-physiology-benign"]
    if measured > benign and all(level.readings < AGREE for level in fixed):
        return Proposal(line.key, Kind.AGREE, _limit(rule, fixed, None))
    return _moved(rule, fixed, line, values)


def _fixed(rule: Rule | None) -> list[Level]:
    """Return the fixed levels below RED that a rule still has."""
    if not isinstance(rule, LimitRule) or (rule.tiers and not rule.tiers - ALWAYS):
        return []
    return [e for e in rule.levels if e.limit is not None and e.severity not in ALWAYS]


def _unfit(rule: Rule | None, fixed: list[Level], line: Line) -> Kind | None:
    """Return why nothing is proposed for a rule, or None."""
    if not fixed:
        red = any(each.severity is Severity.RED for each in line.alerts)
        return Kind.RED if red else Kind.OTHER
    if rule is None or rule.scope.on_oxygen is not None:
        return Kind.OTHER
    if line.actionable.of < FEW:
        return Kind.FEW
    return Kind.GOOD if (line.actionable.share or 0) >= MOSTLY else None


def _moved(
    rule: LimitRule, fixed: list[Level], line: Line, values: Mapping[UUID, float]
) -> Proposal:
    upward = fixed[0].comparison.upward
    labelled = [e for e in line.alerts if e.outcome in COUNTED and e.id in values]
    acted = [values[e.id] for e in labelled if e.outcome == ACTIONABLE]
    others = [values[e.id] for e in labelled if e.outcome != ACTIONABLE]
    first = (min(acted) if upward else max(acted)) if acted else None
    value = median(others) if first is None and others else first
    now = [level.limit for level in fixed if level.limit is not None]
    lesser = min(now) if upward else max(now)
    if value is None or not (value > lesser if upward else value < lesser):
        return Proposal(line.key, Kind.OTHER)
    value = round(value, MEASURES[rule.vital].decimals)
    limit = _limit(rule, fixed, value)
    if list(faults(limit)):
        return Proposal(line.key, Kind.OTHER)

    def gone(found: list[float]) -> int:
        return sum(each < value if upward else each > value for each in found)

    return Proposal(line.key, Kind.MOVE, limit, value, gone(others), gone(acted))


def _limit(rule: LimitRule, fixed: list[Level], value: float | None) -> PlanLimit:
    """Return the limit of a plan that says the same, moved to a value or asked to be repeated."""
    upward = fixed[0].comparison.upward
    levels: dict[str, float] = {}
    for level in fixed:
        at = level.limit or 0.0
        if value is not None:
            at = max(at, value) if upward else min(at, value)
        word = "alert" if level.severity is Severity.AMBER else "warn"
        levels[f"{word}_{side_of(upward=upward)}"] = at
    ends = [levels.get(f"{word}_{side}") for side in Side for word in ("alert", "warn")]
    if len({e for e in ends if e is not None}) < len([e for e in ends if e is not None]):
        levels = {name: at for name, at in levels.items() if name.startswith("alert")}
    first = fixed[0]
    repeated = value is None
    return PlanLimit(
        vital=rule.vital,
        reason=f"in the place of {rule.id}: most of its alerts led to no action",
        readings=AGREE if repeated else first.readings,
        within_minutes=WITHIN if repeated else max(first.within_minutes, 1.0),
        apart_minutes=0.0 if repeated else first.apart_minutes,
        scope=rule.scope,
        origin=Origin.SITE,
        **levels,  # type: ignore[arg-type]  # the four level fields
    )


def plan_text(proposal: Proposal) -> str:
    """Return what a site's plan file says for a proposal; `read_plan` reads it back."""
    limit = proposal.limit
    if limit is None:
        return ""
    why = f"{limit.reason}; what is RED stays"
    return "\n".join(["[off]", f'"{proposal.rule}" = "{why}"', "", "[[limit]]", *_fields(limit)])


def _fields(limit: PlanLimit) -> Iterator[str]:
    plain = PlanLimit(vital=limit.vital, reason="")
    for each in fields(PlanLimit):
        value = getattr(limit, each.name)
        if each.name in ("scope", "origin", "origin_name") or value is None:
            continue
        if each.name == "vital" or value != getattr(plain, each.name):
            yield f"{each.name} = {_toml(value)}"
    scope = ", ".join(
        f"{each.name} = {_toml(getattr(limit.scope, each.name))}"
        for each in fields(Scope)
        if getattr(limit.scope, each.name) != getattr(Scope(), each.name)
    )
    if scope:
        yield f"scope = {{ {scope} }}"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, frozenset):
        return "[" + ", ".join(f'"{each}"' for each in sorted(value)) + "]"
    if isinstance(value, int | float):
        return f"{value:g}"
    return value.isoformat() if isinstance(value, date) else f'"{value}"'
