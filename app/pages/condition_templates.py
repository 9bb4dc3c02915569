"""What each condition brings, as the page of rules lists it: limits, their sources, and rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.vitals import MEASURES, Severity
from monitoring.plans.limits import PlanLimit, rules_of
from monitoring.plans.templates import Template
from monitoring.rule_words import SURE, level_words, scope_words


@dataclass(frozen=True, slots=True)
class LevelView:
    """One limit of a template at one tier, in words."""

    severity: Severity
    words: str


@dataclass(frozen=True, slots=True)
class LimitView:
    """The limits of a template for one measurement, why, and the literature behind them."""

    name: str
    levels: list[LevelView]
    reason: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class TemplateView:
    """One template as the page shows it."""

    name: str
    display: str
    people: str
    limits: list[LimitView]
    rules: tuple[str, ...]
    note: str


def selected(
    templates: Iterable[Template], condition: str, vital: str, tier: str
) -> list[TemplateView]:
    """Return the templates for a condition that limit a vital or say a tier, as asked for."""
    shown = (view(each) for each in templates if condition in ("", *each.scope.conditions))
    return [each for each in shown if _fits(each, vital, tier)]


def _fits(template: TemplateView, vital: str, tier: str) -> bool:
    named = {MEASURES[each].display for each in MEASURES if each == vital}
    return any(
        (not vital or limit.name in named)
        and (not tier or tier in {level.severity for level in limit.levels})
        for limit in template.limits
    ) or not (vital or tier)


def view(template: Template) -> TemplateView:
    """Return a template in words."""
    return TemplateView(
        template.name,
        template.display,
        scope_words(template.scope),
        [_limit(limit, template.name) for limit in template.limit],
        template.rules,
        template.note,
    )


def _limit(limit: PlanLimit, name: str) -> LimitView:
    levels = [
        LevelView(level.severity, level_words(rule, level))
        for rule in rules_of(limit, name)
        for level in rule.levels
        if level.severity is not None
    ]
    sure = " and ".join(SURE[tag] for tag in limit.confidence.split("/"))
    return LimitView(MEASURES[limit.vital].display, levels, limit.reason, limit.basis, sure)
