"""What each condition brings, as the page of rules lists it: limits, their sources, and rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.pages.language import language as spoken_in
from app.pages.rule_fields import called
from core.vitals import MEASURES, Severity
from monitoring.catalogue import ENGLISH
from monitoring.plans.limits import PlanLimit, rules_of
from monitoring.plans.templates import Template
from monitoring.rule_words import level_words, scope_words, sure_words


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
    templates: Iterable[Template],
    condition: str,
    vital: str,
    tier: str,
    language: str = ENGLISH,
) -> list[TemplateView]:
    """Return the templates for a condition that limit a vital or say a tier, as asked for."""
    shown = (
        view(each, language) for each in templates if condition in ("", *each.scope.conditions)
    )
    return [each for each in shown if _fits(each, vital, tier)]


def _fits(template: TemplateView, vital: str, tier: str) -> bool:
    named = {MEASURES[each].display for each in MEASURES if each == vital}
    return any(
        (not vital or limit.name in named)
        and (not tier or tier in {level.severity for level in limit.levels})
        for limit in template.limits
    ) or not (vital or tier)


def view(template: Template, language: str) -> TemplateView:
    """Return a template in words."""
    return TemplateView(
        template.name,
        template.display,
        scope_words(template.scope, called(spoken_in(language))),
        [_limit(limit, template.name, language) for limit in template.limit],
        template.rules,
        template.note,
    )


def _limit(limit: PlanLimit, name: str, language: str) -> LimitView:
    levels = [
        LevelView(level.severity, level_words(rule, level, language))
        for rule in rules_of(limit, name)
        for level in rule.levels
        if level.severity is not None
    ]
    sure = sure_words(limit.confidence, language)
    return LimitView(MEASURES[limit.vital].display, levels, limit.reason, limit.basis, sure)
