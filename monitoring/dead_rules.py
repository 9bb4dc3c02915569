"""Whether a rule could ever fire: what in its limits, scope, tiers and windows rules that out.

For the clinician who signs: a rule that never speaks looks like safety and is none.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from core.vitals import MEASURES, Vital
from ingest.enrolment import TRAITS
from monitoring.comparison import Comparison
from monitoring.reach import read_back
from monitoring.rule_kinds import Level, ScoreRule
from monitoring.rule_words import tiers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from monitoring.rule_kinds import Rule, Scope

OLDEST = 120  # years
# Fields that say how far a rule looks back, in days.
SPANS = {
    **dict.fromkeys(("window_days", "recent_days", "of_days", "days", "new", "within_days"), 1.0),
    **dict.fromkeys(("vital_days", "forget_days", "graver_days"), 1.0),
    **dict.fromkeys(("hours", "within_hours", "hours_alone"), 1 / 24),
    **dict.fromkeys(("window_minutes", "within_minutes"), 1 / 1440),
}
USUAL = "usual_days"  # lies before all of these


class Part(NamedTuple):
    """A rule, or a table within it, with the vitals that it is about."""

    path: str
    value: Any
    vitals: tuple[Vital, ...]

    def field(self, name: str) -> str:
        """Return the full name of one of its fields."""
        return f"{self.path}.{name}" if self.path else name


def faults(rule: Rule, medicines: Collection[str] | None = None) -> Iterator[str]:
    """Tell of each field, by its name, that keeps a rule or a part of it from ever firing.

    `medicines` are the classes that the door knows; without them they are not looked at.
    """
    every = list(parts(rule))
    yield from _scope(rule.scope)
    yield from _tiers(rule)
    for part in every:
        yield from chain(_limit(part), _change(part), _window(part), _scale(rule.scope, part))
        yield from _medicines(part, medicines)
    trait = getattr(rule, "night_trait", "")
    if trait and trait not in TRAITS:
        yield f"night_trait: nobody can have the trait {trait}"


def parts(value: Any, path: str = "", vitals: tuple[Vital, ...] = ()) -> Iterator[Part]:
    """Yield a rule and every table within it."""
    own = getattr(value, "vital", None)
    vitals = (own,) if own is not None else getattr(value, "vitals", vitals)
    yield Part(path, value, vitals)
    for each in fields(value):
        inner = getattr(value, each.name)
        name = f"{path}.{each.name}" if path else each.name
        if is_dataclass(inner):
            yield from parts(inner, name, vitals)
        elif isinstance(inner, tuple):
            for i, one in enumerate(inner):
                if is_dataclass(one):
                    yield from parts(one, f"{name}[{i}]", vitals)


def _limit(part: Part) -> Iterator[str]:
    """Tell of a limit that no plausible value is beyond, or that every one is."""
    limit = getattr(part.value, "limit", None)
    comparison = getattr(part.value, "comparison", None)
    if limit is None or comparison is None:
        return
    for vital in part.vitals:
        measure = MEASURES[vital]
        ends = measure.low, measure.high
        near, far = ends if comparison.upward else reversed(ends)
        span = f"{measure.low:g} to {measure.high:g} {measure.unit_display}".strip()
        if not measure.low <= limit <= measure.high:
            continue  # told of as implausible already
        if not comparison.holds(far, limit):
            yield f"{part.field('limit')}: no {vital} of {span} is {comparison} {limit:g}"
        elif comparison.holds(near, limit):
            yield f"{part.field('limit')}: every {vital} of {span} is {comparison} {limit:g}"
    yield from _short_of(part, limit, comparison)


def _short_of(part: Part, limit: float, comparison: Comparison) -> Iterator[str]:
    short_of = getattr(part.value, "short_of", None)
    if short_of is None:
        return
    # A test of several facts keeps what equals `short_of` on its lower side; a level does not.
    kept = comparison is Comparison.AT_MOST and not isinstance(part.value, Level)
    if comparison.holds(limit, short_of) if limit != short_of else not kept:
        yield f"{part.field('short_of')}: no value lies between {limit:g} and {short_of:g}"


def _change(part: Part) -> Iterator[str]:
    """Tell of a change that is wider than everything a device could report."""
    for name in ("change", "amount"):
        change = getattr(part.value, name, None)
        if not isinstance(change, float) or getattr(part.value, "fraction", 0) is True:
            continue
        for vital in part.vitals:
            measure = MEASURES[vital]
            if abs(change) > measure.high - measure.low:
                yield f"{part.field(name)}: {vital} cannot change by {change:g}"


def _window(part: Part) -> Iterator[str]:
    """Tell of a window that is longer than what is read."""
    spans = {n: days * getattr(part.value, n, 0.0) for n, days in SPANS.items()}
    longest = max(spans, key=lambda name: spans[name])
    usual = getattr(part.value, USUAL, 0)
    needed = timedelta(days=spans[longest] + usual)
    for vital in part.vitals or (None,):
        if needed > read_back(vital):
            name = part.field(longest if spans[longest] >= usual else USUAL)
            read = read_back(vital).days
            yield f"{name}: {needed.days} days are asked for and {read} days are read"


def _scale(scope: Scope, part: Part) -> Iterator[str]:
    """Tell of a part for people whom the rule's scope leaves out."""
    scale_two = getattr(part.value, "scale_two", None)
    if part.value is scope or None in (scale_two, scope.scale_two):
        return
    if scale_two is not scope.scale_two:
        yield f"{part.field('scale_two')}: the scope leaves these people out"


def _medicines(part: Part, known: Collection[str] | None) -> Iterator[str]:
    asked: frozenset[str] = getattr(part.value, "medicines", frozenset())
    for medicine in sorted(asked - set(known)) if known is not None else ():
        yield f"{part.field('medicines')}: nobody can take the class {medicine}"


def _scope(scope: Scope) -> Iterator[str]:
    for trait in sorted(scope.traits - set(TRAITS)):
        yield f"scope.traits: nobody can have the trait {trait}"
    if scope.conditions and scope.conditions <= scope.without_conditions:
        yield "scope.without_conditions: leaves out everybody whom scope.conditions asks for"
    if scope.least_age is not None and not 0 <= scope.least_age < OLDEST:
        yield f"scope.least_age: nobody is {scope.least_age} years old"
    if scope.medicines and scope.medicines <= scope.without_medicines:
        yield "scope.without_medicines: leaves out everybody whom scope.medicines asks for"
    if scope.discharged_within is not None and scope.discharged_within < 0:
        yield "scope.discharged_within: no stay ends later than today"
    if scope.age_or_trait and (scope.least_age is None or not scope.traits):
        yield "scope.age_or_trait: asks for least_age and traits"


def _tiers(rule: Rule) -> Iterator[str]:
    if isinstance(rule, ScoreRule):
        return  # its artefact decides which
    sayable = tiers(replace(rule, tiers=frozenset()))
    for tier in sorted(rule.tiers - set(sayable), key=lambda tier: -tier.rank):
        yield f"tiers: it never says {tier}"
