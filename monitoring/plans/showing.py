"""What there is to show of a person's plan, as it is and as one change would make it: pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from monitoring.plans.lines import lines
from monitoring.plans.versions import TARGET, limit_of, newest
from monitoring.whom import suits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from ingest.enrolment import Person
    from monitoring.plans.in_force import Plan
    from monitoring.plans.limits import PlanLimit
    from monitoring.plans.lines import Line
    from monitoring.plans.site_rules import SiteRules
    from monitoring.plans.templates import Template
    from monitoring.plans.versions import Version
    from monitoring.rulebook import Rulebook

Key = tuple[str, bool]  # a vital or the target, and whether its levels are from the usual


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything about a person's plan, for whoever may see the person."""

    person: Person
    today: date
    plan: Plan
    rulebook: Rulebook  # the one that the person is judged by
    templates: tuple[Template, ...]
    versions: Sequence[Version]  # the newest first

    @property
    def lines(self) -> list[Line]:
        """Return every fixed limit that is in force, by measurement."""
        return lines(self.plan, self.person, self.today.toordinal())

    @property
    def standing(self) -> list[Version]:
        """Return the versions that are in the plan now."""
        return [each for each in newest(self.versions) if each.standing]

    @property
    def overdue(self) -> list[Version]:
        """Return the parts of the plan whose review is due; they stay in force."""
        return [each for each in self.standing if each.overdue(self.today)]

    @property
    def target(self) -> Version | None:
        """Return the confirmed target of 88 to 92 %, or None."""
        return self.of((TARGET, False))

    @property
    def own(self) -> tuple[PlanLimit, ...]:
        """Return the limits that clinicians set and that stand."""
        return tuple(limit_of(each) for each in self.standing if each.subject != TARGET)

    @property
    def version(self) -> int:
        """Return how often the plan was changed: who saw another number saw another plan."""
        return len(self.versions)

    def of(self, key: Key) -> Version | None:
        """Return the version that stands of one part, or None."""
        return next((v for v in self.standing if (v.subject, v.from_usual) == key), None)


@dataclass(frozen=True, slots=True)
class Draft:
    """A change of one part of a plan that nobody has made yet.

    `limit` is None where the part would be taken out; of the target `on` says which.
    """

    key: Key
    limit: PlanLimit | None = None
    on: bool = False

    def own(self, standing: Sequence[PlanLimit]) -> tuple[PlanLimit, ...]:
        """Return the limits of the person under the change."""
        kept = tuple(each for each in standing if (str(each.vital), each.from_usual) != self.key)
        return kept if self.limit is None else (*kept, self.limit)

    def person(self, who: Person) -> Person:
        """Return the person under the change: only the target changes what is known of them."""
        if self.key[0] != TARGET or who.dated is None:
            return who
        return replace(who, dated=replace(who.dated, scale_two=self.on))


def would_be(shown: Shown, site: SiteRules, draft: Draft, *, at: float) -> Shown:
    """Return the plan as a change would make it; `at` is now, in seconds."""
    person = draft.person(shown.person).at(at, at)
    day, own = shown.today.toordinal(), draft.own(shown.own)
    return replace(
        shown,
        person=person,
        plan=site.plan_of(person, day, own),
        rulebook=site.rulebook_of(person, day, own),
    )


def locked(limit: PlanLimit, site: SiteRules, person: Person, day: int) -> PlanLimit | None:
    """Return the limit that the site has locked for the same vital and end, if it has."""
    return next(
        (
            each
            for each in site.limits
            if each.locked
            and (each.vital, each.from_usual) == (limit.vital, limit.from_usual)
            and each.sides & limit.sides
            and suits(each.scope, person, day)
        ),
        None,
    )
