"""What is in force for one person: the rulebook under a plan, and who decided each limit."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.vitals import Severity, Vital
from monitoring.plans.deciding import Decided, GaveWay, decide, gave_way
from monitoring.plans.giving_way import ALWAYS, Own, giving_way
from monitoring.plans.in_part import InPart, in_part
from monitoring.plans.limits import Origin, PlanLimit, Side, rules_of
from monitoring.rule_words import tiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from monitoring.plans.plan_file import SitePlan
    from monitoring.rule_kinds import Rule
    from monitoring.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Plan:
    """What is in force for a person: the rulebook to judge by, and where its limits come from."""

    rulebook: Rulebook
    decided: tuple[Decided, ...] = ()
    gave_way: tuple[GaveWay, ...] = ()
    replaced: tuple[str, ...] = ()  # rules that are silent below RED for a clinician's limit
    in_part: tuple[InPart, ...] = ()  # rules that leave one part to it
    sources: Mapping[str, PlanLimit] = field(default_factory=dict)  # of the plan's rules, by id


def under_plan(rulebook: Rulebook, plan: SitePlan) -> Rulebook:
    """Return the rulebook as a site uses it: without what it switched off, with its limits.

    For whoever shows the site's rules, or judges without knowing more of a person: two limits
    that apply to one person both stand here (`site_rules` decides between them).
    """
    return with_limits(chosen(rulebook, plan), plan.limits)


def chosen(rulebook: Rulebook, plan: SitePlan) -> Rulebook:
    """Return the rules that a site uses, without its limits.

    The hash is of both texts, so that every finding says under which plan it was made.
    """
    both = hashlib.sha256(f"{rulebook.hash} {plan.hash}".encode()).hexdigest()
    version = f"{rulebook.version} + {plan.name} {plan.version}"
    used = {r.id for r in rulebook.rules if plan.only is None or r.id in plan.only} - set(plan.off)
    return replace(rulebook, hash=both, version=version, rules=tuple(_kept(rulebook.rules, used)))


def _kept(rules: Iterable[Rule], used: set[str]) -> Iterator[Rule]:
    for rule in rules:
        if rule.id in used:
            yield rule
        elif ALWAYS.intersection(tiers(rule)):
            yield replace(rule, tiers=ALWAYS)


def with_limits(rulebook: Rulebook, limits: Sequence[PlanLimit]) -> Rulebook:
    """Return the rulebook with the rules that some limits make beside its own."""
    made = (rule for rule, _ in _made(limits))
    return replace(rulebook, rules=(*rulebook.rules, *made))


def _made(limits: Iterable[PlanLimit]) -> Iterator[tuple[Rule, PlanLimit]]:
    """Yield the rules of some limits, each with its limit.

    The site's are named by the vital alone, another's also by whose it is, so that an id stays
    the same whatever else is in force.
    """
    seen: Counter[str] = Counter()
    for limit in limits:
        whose = {Origin.TEMPLATE: f"{limit.origin_name}-", Origin.CLINICIAN: "own-"}
        name = f"{whose.get(limit.origin, '')}{limit.vital}"
        seen[name] += 1
        for rule in rules_of(limit, f"{name}-{seen[name]}" if seen[name] > 1 else name):
            yield rule, limit


def effective(rulebook: Rulebook, limits: Sequence[PlanLimit]) -> Plan:
    """Return what is in force where some limits apply to a person beside the rulebook.

    Where a clinician set a limit, the rulebook's own limits below RED for that vital and end
    of the range are silent: they would override the clinician unseen. An alert that lies
    beyond a clinician's mere warning is not.
    """
    decided = decide(limits)
    own = _own(decided)
    rules = tuple(giving_way(rule, own) for rule in rulebook.rules)
    pairs = zip(rulebook.rules, rules, strict=True)
    moved = [(before, in_part(before, after)) for before, after in pairs if before is not after]
    replaced = tuple(before.id for before, part in moved if part is None)
    parts = tuple(part for _, part in moved if part is not None)
    made = list(_made(merged(decided)))
    judged = replace(rulebook, rules=(*rules, *(rule for rule, _ in made)))
    sources = {rule.id: limit for rule, limit in made}
    return Plan(judged, decided, gave_way(limits, decided), replaced, parts, sources)


def _own(decided: Iterable[Decided]) -> Own:
    """Return the levels that a clinician set in absolute values, by vital and end."""
    own: dict[tuple[Vital, Side], dict[Severity, float]] = {}
    for each in decided:
        if each.limit.origin is Origin.CLINICIAN and not each.limit.from_usual:
            own.setdefault((each.vital, each.side), {})[each.severity] = each.value
    return own


def merged(decided: Iterable[Decided]) -> list[PlanLimit]:
    """Return the levels in force, those of one limit together, each under who set it."""
    levels: dict[int, dict[str, float | None]] = {}
    whose: dict[int, PlanLimit] = {}
    for each in decided:
        word = "alert" if each.severity is Severity.AMBER else "warn"
        levels.setdefault(id(each.limit), dict(NO_LEVELS))[f"{word}_{each.side}"] = each.value
        whose[id(each.limit)] = each.limit
    return [
        replace(limit, **levels[key])  # type: ignore[arg-type]  # the four level fields
        for key, limit in whose.items()
    ]


NO_LEVELS: dict[str, float | None] = dict.fromkeys(
    ("alert_low", "warn_low", "warn_high", "alert_high")
)
