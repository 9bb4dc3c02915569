"""What one change of a plan moves: limits beside limits, and what would give way; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitoring import words
from monitoring.plans.lines import whose, yielded

if TYPE_CHECKING:
    from core.vitals import Severity, Vital
    from monitoring.plans.deciding import GaveWay
    from monitoring.plans.in_part import InPart
    from monitoring.plans.limits import PlanLimit
    from monitoring.plans.lines import Line
    from monitoring.plans.showing import Shown


@dataclass(frozen=True, slots=True)
class Level:
    """One level in force, its tier and whose it is."""

    severity: Severity
    words: str
    whose: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The levels in force before and after, what would give way, and which rules fall silent."""

    before: list[Level]
    after: list[Level]
    gives_way: list[str]
    silent: list[str]
    in_part: list[InPart]
    heard: list[str]

    @property
    def same(self) -> bool:
        """Return whether nothing in force would be another."""
        return self.before == self.after


def changes(before: Shown, after: Shown, vital: Vital | None, language: str) -> Changes:
    """Return what differs between two plans of one person, for one measurement or for all."""
    told = {_gone(each, before, language) for each in before.plan.gave_way}
    would = [_gone(each, after, language) for each in after.plan.gave_way]
    old, new = set(before.plan.replaced), set(after.plan.replaced)
    was, would_leave = set(before.plan.in_part), set(after.plan.in_part)
    less = new | {each.rule for each in would_leave}
    return Changes(
        _levels(before, vital, language),
        _levels(after, vital, language),
        [each for each in would if each not in told],
        sorted(new - old),
        [each for each in after.plan.in_part if each in would_leave - was],
        sorted((old | {each.rule for each in was}) - less),
    )


def _levels(shown: Shown, vital: Vital | None, language: str) -> list[Level]:
    lines = [line for line in shown.lines if vital is None or line.vital is vital]
    return [
        Level(line.severity, line.words(language), _whose(line, shown, language)) for line in lines
    ]


def _whose(line: Line, shown: Shown, language: str) -> str:
    return line.rule if line.limit is None else _owner(line.limit, shown, language)


def _owner(limit: PlanLimit, shown: Shown, language: str) -> str:
    """Return whose a limit is; a template by the name that it is shown by."""
    names = {each.name: each.display for each in shown.templates}
    return words.phrase(whose(limit, names.get(limit.origin_name, limit.origin_name)), language)


def _gone(gone: GaveWay, shown: Shown, language: str) -> str:
    why = words.text(gone.why, language)
    level, owner = words.phrase(yielded(gone), language), _owner(gone.limit, shown, language)
    return f"{level} ({owner}): {why}"
