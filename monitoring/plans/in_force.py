"""What is in force for one person: the rulebook under a plan, and who decided each limit.

Of limits for the same vital and end of the range, a clinician's goes before the site's, and the
site's before the templates'; of several templates the tighter counts, level by level. A site's
locked limit stands before a clinician's. What gave way is kept, so that it can be shown.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.vitals import Severity, Vital
from monitoring.plans.limits import Origin, PlanLimit, Side, rules_of
from monitoring.rule_kinds import AverageRule, LimitRule, Rule
from monitoring.rule_words import tiers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitoring.plans.plan_file import SitePlan
    from monitoring.rulebook import Rulebook

# What a plan never switches off: danger to life, and what concerns the measurement only.
ALWAYS = frozenset({Severity.RED, Severity.DQ})
LEVELS = (Severity.AMBER, Severity.YELLOW)


@dataclass(frozen=True, slots=True)
class Decided:
    """One level that is in force for a vital, whose it is, and what it stands before."""

    vital: Vital
    side: Side
    severity: Severity
    value: float
    limit: PlanLimit
    instead_of: tuple[PlanLimit, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is in force for a person: the rulebook to judge by, and where its limits come from."""

    rulebook: Rulebook
    decided: tuple[Decided, ...] = ()
    replaced: tuple[str, ...] = ()  # rules of which only RED is left, for a clinician's limit


def under_plan(rulebook: Rulebook, plan: SitePlan) -> Rulebook:
    """Return the rulebook as a site uses it: without what it switched off, with its limits.

    Its hash is of both texts, so that every finding says under which plan it was made.
    """
    both = hashlib.sha256(f"{rulebook.hash} {plan.hash}".encode()).hexdigest()
    named = replace(rulebook, hash=both, version=f"{rulebook.version} + {plan.name} {plan.version}")
    return with_limits(_chosen(named, plan), plan.limits)


def _chosen(rulebook: Rulebook, plan: SitePlan) -> Rulebook:
    used = {r.id for r in rulebook.rules if plan.only is None or r.id in plan.only} - set(plan.off)
    return replace(rulebook, rules=tuple(_kept(rulebook.rules, used)))


def _kept(rules: Iterable[Rule], used: set[str]) -> Iterator[Rule]:
    for rule in rules:
        if rule.id in used:
            yield rule
        elif ALWAYS.intersection(tiers(rule)):
            yield replace(rule, tiers=ALWAYS)


def with_limits(rulebook: Rulebook, limits: Sequence[PlanLimit]) -> Rulebook:
    """Return the rulebook with the rules that some limits make beside its own."""
    seen: Counter[Vital] = Counter()
    added: list[Rule] = []
    for limit in limits:
        seen[limit.vital] += 1
        name = f"{limit.vital}-{seen[limit.vital]}" if seen[limit.vital] > 1 else str(limit.vital)
        added += rules_of(limit, name)
    return replace(rulebook, rules=(*rulebook.rules, *added))


def decide(limits: Iterable[PlanLimit]) -> tuple[Decided, ...]:
    """Return which limit is in force for each vital, end and level; the order given is nothing."""
    asked: dict[tuple[Vital, Side, bool], list[PlanLimit]] = defaultdict(list)
    for limit in limits:
        for side in limit.sides:
            asked[limit.vital, side, limit.from_usual].append(limit)
    return tuple(
        decided
        for (_, side, _), known in sorted(asked.items())
        for severity in LEVELS
        if (decided := _decided(severity, side, known)) is not None
    )


def _decided(severity: Severity, side: Side, known: Sequence[PlanLimit]) -> Decided | None:
    """Return the level in force; who goes first decides whether there is one at all."""
    first = max(_standing(limit) for limit in known)
    leading = [limit for limit in known if _standing(limit) == first]
    valued = [
        (value, limit) for limit in leading if (value := limit.level(severity, side)) is not None
    ]
    if not valued:
        return None
    # The tighter one: the higher of two low limits, the lower of two high ones.
    chosen = (max if side is Side.LOW else min)(valued, key=lambda pair: (pair[0], repr(pair[1])))
    others = tuple(sorted((each for each in known if each is not chosen[1]), key=repr))
    return Decided(chosen[1].vital, side, severity, chosen[0], chosen[1], others)


def _standing(limit: PlanLimit) -> tuple[bool, int, str]:
    """Return how binding a limit is; of two of one clinician's, the later counts."""
    set_on = limit.set_on.isoformat() if limit.set_on else ""
    binding = list(Origin).index(limit.origin)
    locked = limit.locked and limit.origin is Origin.SITE
    return locked, binding, set_on if limit.origin is Origin.CLINICIAN else ""


def effective(rulebook: Rulebook, limits: Sequence[PlanLimit]) -> Plan:
    """Return what is in force where some limits apply to a person beside the rulebook.

    Where a clinician set a limit, the rulebook's own limits below RED for that vital and end
    of the range are silent: they would override the clinician unseen.
    """
    decided = decide(limits)
    own = {(d.vital, d.side) for d in decided if d.limit.origin is Origin.CLINICIAN}
    replaced = tuple(r.id for r in rulebook.rules if _guards(r) & own)
    kept = [replace(r, tiers=ALWAYS) if r.id in replaced else r for r in rulebook.rules]
    return Plan(
        with_limits(replace(rulebook, rules=tuple(kept)), _merged(decided)), decided, replaced
    )


def _guards(rule: Rule) -> frozenset[tuple[Vital, Side]]:
    """Return which ends of which ranges a rule's fixed limits guard."""
    if isinstance(rule, LimitRule):
        fixed = [level.comparison for level in rule.levels if level.limit is not None]
        return frozenset((rule.vital, _side(upward=each.upward)) for each in fixed)
    if isinstance(rule, AverageRule):
        return frozenset((t.vital, _side(upward=t.comparison.upward)) for t in rule.terms)
    return frozenset()


def _side(*, upward: bool) -> Side:
    return Side.HIGH if upward else Side.LOW


def _merged(decided: Sequence[Decided]) -> list[PlanLimit]:
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
