"""A proposed change of what people are judged by: of rules, templates, or limits.

Beside what `rule_change` knows, the text may have `[[template]]` tables (each replaces the template
of its name, or is new), `templates_off` (a list of names) and `[[limit]]` tables: the site's own,
or with `patient` one for a single person. A whole plan of a site is a change too.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.errors import InvalidError
from monitoring import rulebook as rulebooks
from monitoring.plans.limits import Origin
from monitoring.plans.plan_file import SitePlan, read_limits, read_plan
from monitoring.plans.site_rules import SiteRules, site_rules
from monitoring.plans.templates import Known, templates_of
from monitoring.rule_change import changed, changed_by

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ingest.enrolment import Person
    from monitoring.plans.limits import PlanLimit
    from monitoring.plans.showing import Draft
    from monitoring.plans.templates import Templates
    from monitoring.rulebook import Rulebook

OF_PLANS = frozenset({"template", "templates_off", "limit"})
A_PLAN = frozenset({"name", "source"})  # what only a site's plan has
PATIENT = "patient"


@dataclass(frozen=True, slots=True)
class InForce:
    """The texts that are in force, and the classes that they may speak of."""

    rulebook: str
    templates: str
    conditions: Collection[str]
    medicines: Collection[str]
    plan: SitePlan | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """What everybody would be judged by, and what single people would, by patient id."""

    site: SiteRules
    own: Mapping[str, tuple[PlanLimit, ...]] = field(default_factory=dict)
    drafts: Mapping[str, Draft] = field(default_factory=dict)

    def of(
        self, person: Person, standing: Sequence[PlanLimit]
    ) -> tuple[Person, tuple[PlanLimit, ...]]:
        """Return a person and their limits, as they would be."""
        own, draft = self.own_of(person.id, standing), self.drafts.get(person.id)
        return (person, own) if draft is None else (draft.person(person), draft.own(own))

    def own_of(self, patient: str, standing: Sequence[PlanLimit]) -> tuple[PlanLimit, ...]:
        """Return a person's limits: the proposed ones in the place of those for the same vital."""
        new = self.own.get(patient, ())
        taken = {(limit.vital, limit.from_usual) for limit in new}
        kept = [each for each in standing if (each.vital, each.from_usual) not in taken]
        return (*kept, *new)


def proposed(change: str, now: InForce) -> Proposed:
    """Return what would be in force under the text of a change.

    Raises
    ------
    InvalidError
        For what is no TOML, names something unknown, changes nothing, or could not be meant.
    """
    try:
        content = tomllib.loads(change)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"the change is not TOML: {error}") from error
    rulebook = _rulebook(change, content, now)
    templates = _templates(content, rulebook, now)
    if content.keys() >= A_PLAN and "closing" not in content:
        names = frozenset(each.name for each in templates.templates)
        plan = read_plan(change, rules=rulebook.by_id, conditions=now.conditions, templates=names)
        return Proposed(site_rules(rulebook, templates, plan))
    site = site_rules(rulebook, templates, now.plan)
    for_all, own = _limits(content.get("limit", []), now)
    return Proposed(replace(site, limits=(*site.limits, *for_all)), own)


def _rulebook(change: str, content: Mapping[str, Any], now: InForce) -> Rulebook:
    """Return the rulebook of a change; the one in force where it says nothing of rules."""
    if "closing" in content:
        return changed(now.rulebook, change, conditions=now.conditions)
    of_rules = {name: value for name, value in content.items() if name not in OF_PLANS}
    speaks = content.keys() & OF_PLANS and not of_rules.keys() - {"version"}
    if speaks or content.keys() >= A_PLAN:
        return rulebooks.parse(now.rulebook, conditions=now.conditions, medicines=now.medicines)
    return changed_by(now.rulebook, of_rules, conditions=now.conditions)


def _templates(content: Mapping[str, Any], rulebook: Rulebook, now: InForce) -> Templates:
    tables = tomllib.loads(now.templates)
    named = {str(table["name"]): table for table in tables["template"]}
    for table in content.get("template", []):
        named[str(table.get("name", ""))] = table
    off = content.get("templates_off", [])
    for name in off:
        if name not in named:
            raise InvalidError(f"there is no template {name}", field="change")
    # What is switched off is not brought by any template of those in force.
    known_rules = [_with_rules(t, rulebook) for name, t in named.items() if name not in off]
    kept = {**tables, "template": known_rules}
    said = json.dumps(kept, sort_keys=True, default=str)
    known = Known(rulebook, now.conditions, now.medicines)
    return templates_of(kept, hashlib.sha256(said.encode()).hexdigest(), known)


def _with_rules(table: Mapping[str, Any], rulebook: Rulebook) -> dict[str, Any]:
    named = [each for each in table.get("rules", []) if each in rulebook.by_id]
    return {**table, "rules": named}


def _limits(
    tables: Iterable[Mapping[str, Any]], now: InForce
) -> tuple[list[PlanLimit], dict[str, tuple[PlanLimit, ...]]]:
    """Return the limits for all, and those of single people by id."""
    found: list[str] = []
    patients = [str(table.get(PATIENT, "")) for table in tables]
    plain = [{name: v for name, v in table.items() if name != PATIENT} for table in tables]
    read = list(read_limits(plain, now.conditions, found))
    if found:
        raise InvalidError("change refused: " + "; ".join(found))
    for_all: list[PlanLimit] = []
    own: dict[str, tuple[PlanLimit, ...]] = {}
    for patient, limit in zip(patients, read, strict=True):
        if patient:
            own[patient] = (*own.get(patient, ()), replace(limit, origin=Origin.CLINICIAN))
        else:
            for_all.append(limit)
    return for_all, own
