"""What a condition changes: templates of limits, read from reviewed data and refused when faulty.

A template adds limits to the rulebook for the people in its scope and warns where no rule does;
a level that the rulebook already holds for all of them is refused, so that a limit has one home.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from core.errors import InvalidError
from monitoring import dead_rules, overlaps
from monitoring.plans import limits
from monitoring.plans.in_force import NO_LEVELS
from monitoring.plans.limits import Origin, PlanLimit, rules_of
from monitoring.rule_kinds import LimitRule, Rule, Scope
from monitoring.toml_values import build

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from monitoring.rulebook import Rulebook

_ENTRIES = {"version", "template"}
# Of these only somebody who sets a limit speaks, and a template is nobody.
_PERSONAL = ("set_by", "set_on", "review_by", "locked", "origin", "origin_name")
EVERYBODY = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The limits of one condition, or of one situation of life.

    `rules` are those of the rulebook that it brings by itself, for whoever reads the template;
    they apply by their own scope.
    """

    name: str
    display: str
    scope: Scope
    limit: tuple[PlanLimit, ...] = ()
    rules: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Templates:
    """Every template in force; `hash` names the text that a clinician signed, "" for none."""

    version: str = ""
    hash: str = ""
    templates: tuple[Template, ...] = ()

    def only(self, names: Collection[str]) -> Templates:
        """Return those of some names, under the same hash: it names their text."""
        kept = tuple(each for each in self.templates if each.name in names)
        return replace(self, templates=kept) if kept else Templates()


@dataclass(frozen=True, slots=True)
class Known:
    """What a template may speak of: the rulebook beside which it stands, and declared classes."""

    rulebook: Rulebook
    conditions: Collection[str]
    medicines: Collection[str]


def read_templates(text: str, known: Known) -> Templates:
    """Return the templates of a TOML text.

    Raises
    ------
    InvalidError
        With every fault found: unknown fields, rules, vitals, conditions or medicines; a limit
        out of order or without source; a doubled name; a level that a rule already says.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"templates are not TOML: {error}") from error
    return templates_of(content, hashlib.sha256(text.encode()).hexdigest(), known)


def templates_of(content: Mapping[str, Any], digest: str, known: Known) -> Templates:
    """Return the templates of tables that bear the hash `digest`; raises as `read_templates`."""
    found = [f"unknown entry {name}" for name in sorted(set(content) - _ENTRIES)]
    if not content.get("version"):
        found.append("version is missing")
    read = [_template(table, found) for table in content.get("template", [])]
    templates = tuple(_named(each) for each in read if each is not None)
    found += chain.from_iterable(_faults(each, known) for each in templates)
    names = [each.name for each in templates]
    found += [
        f"{name}: the name stands twice" for name in sorted({*names}) if names.count(name) > 1
    ]
    if found:
        raise InvalidError("templates refused: " + "; ".join(found))
    return Templates(str(content["version"]), digest, templates)


def _template(table: Mapping[str, Any], found: list[str]) -> Template | None:
    name = str(table.get("name", "a template without name"))
    personal = {key for each in table.get("limit", ()) for key in each if key in _PERSONAL}
    found += [f"{name}: {key}: a template says nothing of it" for key in sorted(personal)]
    try:
        return build(Template, table)
    except (TypeError, ValueError) as error:
        found.append(f"{name}: {error}")
        return None


def _named(template: Template) -> Template:
    """Return the template with its limits under its name and scope."""
    own = tuple(
        replace(
            limit,
            scope=_joined(template.scope, limit.scope),
            origin=Origin.TEMPLATE,
            origin_name=template.name,
        )
        for limit in template.limit
    )
    return replace(template, limit=own)


def _joined(one: Scope, other: Scope) -> Scope:
    """Return the scope of a template, narrowed by that of one of its limits."""
    said = {f.name: getattr(other, f.name) for f in fields(Scope)}
    narrower = {name: value for name, value in said.items() if value != getattr(EVERYBODY, name)}
    return replace(one, **narrower)


def _faults(template: Template, known: Known) -> Iterator[str]:
    name = template.name
    if template.scope == EVERYBODY:
        yield f"{name}: scope: a template is for somebody; what is for all is a rule"
    if not template.limit and not template.note:
        yield f"{name}: no limit, and no note that says why"
    for rule in template.rules:
        if rule not in known.rulebook.by_id:
            yield f"{name}: the rulebook has no rule {rule}"
    for number, limit in enumerate(template.limit, start=1):
        where = f"{name}: limit {number} ({limit.vital})"
        yield from (f"{where}: {fault}" for fault in dict.fromkeys(_of_limit(limit, known)))


def _of_limit(limit: PlanLimit, known: Known) -> Iterator[str]:
    wrong = [str(each) for each in limits.faults(limit)]
    yield from wrong
    if not limit.basis:
        yield "basis is missing: where does it come from?"
    asked = (limit.scope.conditions | limit.scope.without_conditions) - set(known.conditions)
    yield from (f"unknown condition {each}" for each in sorted(asked))
    without = limit.scope.without_medicines - set(known.medicines)
    yield from (f"scope.without_medicines: nobody can take {each}" for each in sorted(without))
    if not wrong:
        yield from _of_levels(limit, known)


def _of_levels(limit: PlanLimit, known: Known) -> Iterator[str]:
    """Tell of levels that can never fire, or that the rulebook holds for all of these people."""
    for level in _levels(limit):
        for rule in rules_of(level, "X"):
            yield from dead_rules.faults(rule, known.medicines)
            others = [_whole(r) for r in known.rulebook.rules if r.problem is rule.problem]
            said = overlaps.faults([*others, rule])
            yield from (f"{_spoken(level)}: {fault}" for id_, fault in said if id_ == rule.id)


def _whole(rule: Rule) -> Rule:
    """Return a rule as if nothing graver lay beyond its limits: there a graver one speaks."""
    if not isinstance(rule, LimitRule):
        return rule
    return replace(rule, levels=tuple(replace(each, short_of=None) for each in rule.levels))


def _levels(limit: PlanLimit) -> Iterator[PlanLimit]:
    """Yield the limit once for each of its levels, with that level alone."""
    for word in NO_LEVELS:
        value = getattr(limit, word)
        if value is not None:
            yield replace(limit, **{**NO_LEVELS, word: value})


def _spoken(level: PlanLimit) -> str:
    return next(word for word in NO_LEVELS if getattr(level, word) is not None)
