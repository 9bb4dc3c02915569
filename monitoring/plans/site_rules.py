"""What a site judges everybody by, and each person: rulebook, site plan, templates, own limits.

Two people with the same limits in force share one rulebook object; its hash names the texts of
the rulebook, the site's plan and the templates, and what is in force for the person.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from monitoring.plans.in_force import Plan, chosen, effective
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.plans.templates import Template, Templates
from monitoring.whom import suits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.enrolment import Person
    from monitoring.plans.plan_file import SitePlan
    from monitoring.rulebook import Rulebook

OF_A_CLINICIAN = "a limit that a clinician set for this patient"
KEPT = 1024  # rulebooks that are remembered: some hundred combinations of conditions, and limits


@dataclass(frozen=True, slots=True)
class SiteRules:
    """The rules that a site uses, the limits of its plan, and the templates that it uses."""

    rulebook: Rulebook
    limits: tuple[PlanLimit, ...] = ()
    templates: Templates = field(default_factory=Templates)
    _known: dict[tuple[PlanLimit, ...], Rulebook] = field(
        default_factory=dict, repr=False, compare=False
    )

    def applying(self, person: Person, day: int) -> tuple[Template, ...]:
        """Return the templates whose scope a person is in on a local day (its ordinal)."""
        return tuple(t for t in self.templates.templates if suits(t.scope, person, day))

    def limits_for(
        self, person: Person, day: int, own: Sequence[PlanLimit] = ()
    ) -> tuple[PlanLimit, ...]:
        """Return every limit that somebody set for a person, before it is decided who goes first.

        `own` are those that clinicians set for this person.
        """
        of_site = (limit for limit in self.limits if suits(limit.scope, person, day))
        of_templates = (
            limit
            for template in self.applying(person, day)
            for limit in template.limit
            if suits(limit.scope, person, day)
        )
        return (*of_site, *of_templates, *own)

    def plan_of(self, person: Person, day: int, own: Sequence[PlanLimit] = ()) -> Plan:
        """Return what is in force for a person, and whose each limit is."""
        return effective(self.rulebook, self.limits_for(person, day, own))

    def rulebook_of(self, person: Person, day: int, own: Sequence[PlanLimit] = ()) -> Rulebook:
        """Return the rulebook that a person is judged by on a local day (its ordinal)."""
        if not (self.limits or self.templates.templates or own):
            return self.rulebook
        limits = self.limits_for(person, day, tuple(judged(limit) for limit in own))
        known = self._known.get(limits)
        if known is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            known = self._known[limits] = self._rulebook(limits)
        return known

    def _rulebook(self, limits: tuple[PlanLimit, ...]) -> Rulebook:
        found = effective(self.rulebook, limits).rulebook
        return replace(found, hash=self._hash(limits), version=self.version)

    def _hash(self, limits: Sequence[PlanLimit]) -> str:
        said = json.dumps([_said(limit) for limit in limits], sort_keys=True)
        texts = f"{self.rulebook.hash} {self.templates.hash} {said}"
        return hashlib.sha256(texts.encode()).hexdigest()

    @property
    def version(self) -> str:
        """Return the versions of everything that applies to everybody."""
        used = self.templates.version
        return f"{self.rulebook.version} + templates {used}" if used else self.rulebook.version


def standing(rules: Rulebook | SiteRules) -> SiteRules:
    """Return the rules of a site; a rulebook alone is that of one without plan and templates."""
    return rules if isinstance(rules, SiteRules) else SiteRules(rules)


def site_rules(rulebook: Rulebook, templates: Templates, plan: SitePlan | None) -> SiteRules:
    """Return what a site judges by; without a plan, the whole rulebook and every template.

    A plan that names the only rules it uses leaves out the templates too, but for those that
    it names.
    """
    if plan is None:
        return SiteRules(rulebook, (), templates)
    if plan.templates is not None:
        templates = templates.only(plan.templates)
    elif plan.only is not None:
        templates = Templates()
    return SiteRules(chosen(rulebook, plan), plan.limits, templates)


def judged(limit: PlanLimit) -> PlanLimit:
    """Return a clinician's limit as it is judged by: what it says, and not who set it and why.

    Names and reasons stay with the plan, where they are sealed; a finding needs neither.
    """
    return replace(
        limit,
        reason=OF_A_CLINICIAN,
        set_by="",
        set_on=None,
        review_by=None,
        basis="",
        origin=Origin.CLINICIAN,
    )


def _said(limit: PlanLimit) -> dict[str, Any]:
    """Return a limit as plain values, in an order that no run of the program changes."""
    return {name: _plain(value) for name, value in asdict(limit).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
