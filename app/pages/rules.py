"""Every rule in force, for the clinician who asks what would be told to whom, and on what grounds.

What is chosen stands in the address: it can be kept, sent and printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from fastapi import APIRouter, Request, Response

import monitoring.service
from app.pages import condition_templates
from app.pages.door import Door
from app.pages.language import Language
from app.pages.language import language as spoken_in
from app.pages.refusals import page_route
from app.pages.rule_fields import called, kind_called
from app.pages.strip import strip_of
from core.settings import Settings
from core.vitals import MEASURES, Severity
from ingest.repository import condition_groups
from monitoring import rule_words, words
from monitoring.catalogue import ENGLISH
from monitoring.news2 import TABLES, Band, Chart
from monitoring.plans.limits import PREFIX
from monitoring.plans.plan_file import SitePlan
from monitoring.plans.templates import Templates
from monitoring.rule_kinds import Rule
from monitoring.rulebook import Rulebook

ANYBODY = "anybody"
FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class RuleView:
    """One rule as the page shows it."""

    id: str
    tiers: tuple[Severity, ...]
    problem: str
    kind: str
    people: str
    conduct: list[tuple[str, str]]
    clinician: str
    patient: str
    source: str
    confidence: str
    note: str
    shadow: bool
    from_plan: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a filter; `chosen` where the address asks for it."""

    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class InForce:
    """The rulebook as this site uses it, and the plan that changed it, if any."""

    rulebook: Rulebook
    plan: SitePlan | None
    templates: Templates


def router(door: Door) -> APIRouter:
    """Return `/rules?condition=&vital=&tier=`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    known = cache(lambda: in_force(door.settings))

    @routes.get("/rules")
    def rules(request: Request, condition: str = "", vital: str = "", tier: str = "") -> Response:
        with door.visit(request) as visit:
            everything = known()
            chosen = selected(everything.rulebook.rules, condition, vital, tier)
            return door.pages.page(
                "rules.html",
                visit=visit,
                here="rules",
                strip=strip_of(door, visit),
                rulebook=everything.rulebook,
                plan=everything.plan,
                chart=charted(everything.rulebook.news2, spoken_in(visit.language)),
                shown=len(chosen),
                groups=grouped(chosen, visit.language),
                templates=everything.templates,
                template_views=condition_templates.selected(
                    everything.templates.templates, condition, vital, tier, visit.language
                ),
                conditions=conditions(everything.rulebook.rules, condition),
                vitals=vitals(everything.rulebook.rules, vital),
                tiers=[Choice(each, each, each == tier) for each in Severity],
                filtered=bool(condition or vital or tier),
            )

    return routes


def in_force(settings: Settings) -> InForce:
    """Return what this site judges by; it changes only with a new start of the program."""
    plan = settings.plan
    whole = monitoring.service.load_rulebook()
    return InForce(
        monitoring.service.site_rulebook(plan),
        monitoring.service.load_plan(plan, whole) if plan else None,
        monitoring.service.load_site_rules(plan).templates,
    )


def selected(rules: Iterable[Rule], condition: str, vital: str, tier: str) -> list[Rule]:
    """Return the rules that ask for a condition, speak of a vital and may say a tier."""
    return [
        rule
        for rule in rules
        if condition in ("", *_asked(rule))
        and vital in ("", *rule_words.vitals_of(rule))
        and tier in ("", *rule_words.tiers(rule))
    ]


def _asked(rule: Rule) -> frozenset[str]:
    """Return the conditions that a rule is for; every other rule is for anybody."""
    return rule.scope.conditions or frozenset({ANYBODY})


def grouped(rules: Iterable[Rule], language: str = ENGLISH) -> list[tuple[str, list[RuleView]]]:
    """Return (problem, its rules), in the order of the problems' names."""
    ordered = sorted(rules, key=lambda rule: rule.problem.value)
    return [
        (problem.value.replace("-", " "), [view(rule, language) for rule in found])
        for problem, found in groupby(ordered, key=lambda rule: rule.problem)
    ]


def view(rule: Rule, language: str = ENGLISH) -> RuleView:
    """Return a rule in words."""
    say = called(spoken_in(language))
    return RuleView(
        id=rule.id,
        tiers=rule_words.tiers(rule),
        problem=rule.problem.value,
        kind=kind_called(spoken_in(language), rule_words.kind_name(rule)),
        people=rule_words.scope_words(rule.scope, say),
        conduct=rule_words.conduct(rule, language, say),
        clinician=FIELD.sub(r"[\1]", words.text(rule.clinician, language)),
        patient=FIELD.sub(r"[\1]", words.text(rule.patient, language)),
        source=rule.source,
        confidence=rule_words.confidence_words(rule, language),
        note=rule.note,
        shadow=rule.shadow,
        from_plan=rule.id.startswith(PREFIX),
    )


def charted(chart: Chart, said: Language) -> list[tuple[str, list[str]]]:
    """Return (measurement, its bands in words) of the early warning chart."""
    return [
        (name.replace("_", " "), [_band(band, said) for band in getattr(chart, name)])
        for name in TABLES
    ]


def _band(band: Band, said: Language) -> str:
    if band.low is None:
        return said.say("up to {high} scores {score}", high=f"{band.high:g}", score=band.score)
    low = f"{band.low:g}"
    if band.high is None:
        return said.say("from {low} scores {score}", low=low, score=band.score)
    return said.say(
        "{low} to {high} scores {score}", low=low, high=f"{band.high:g}", score=band.score
    )


def conditions(rules: Iterable[Rule], chosen: str) -> list[Choice]:
    """Return the conditions that some rule asks for, by name."""
    groups = condition_groups()
    names = {each for rule in rules for each in rule.scope.conditions}
    named = sorted((groups[name].display, name) for name in names)
    choices = [Choice(name, words, name == chosen) for words, name in named]
    return [Choice(ANYBODY, "Rules for anybody", chosen == ANYBODY), *choices]


def vitals(rules: Iterable[Rule], chosen: str) -> list[Choice]:
    """Return the vitals that some rule speaks of, by name."""
    spoken = {each for rule in rules for each in rule_words.vitals_of(rule)}
    named = sorted((MEASURES[vital].display, vital.value) for vital in spoken)
    return [Choice(value, words, value == chosen) for words, value in named]
