"""Refuses a rulebook that a clinician could not have meant, and says every reason."""

from __future__ import annotations

import re
from itertools import chain
from string import Formatter
from typing import TYPE_CHECKING

from monitoring import dead_rules, overlaps, sentence_units
from monitoring.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from monitoring.rule_kinds import Rule

CONFIDENCE = re.compile(r"(V|R-h|R-m|R-l|D|E|T)(/(V|R-h|R-m|R-l|D|E|T))*")
TEMPLATE_FIELDS = frozenset(
    {
        "value",
        "unit",
        "measure",
        "limit",
        "change",
        "percent",
        "family",
        "data",
        "span",
        "count",
        "basis",
        "which",
        "since",
        "amount",
        "remark",
        "held",
    }
)


def faults(
    rules: Sequence[Rule],
    conditions: Collection[str],
    medicines: Collection[str] | None = None,
) -> list[str]:
    """Return what is wrong with the rules, one sentence each; empty where nothing is.

    Each names the rule's id, then mostly the field, then the reason. `medicines` are the
    classes that the door knows; without them they are not looked at.
    """
    found: list[str] = []
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            found.append(f"{rule.id}: id: the id stands twice")
        seen.add(rule.id)
        every = chain(_faults(rule, conditions), dead_rules.faults(rule, medicines))
        found += [f"{rule.id}: {fault}" for fault in dict.fromkeys(every)]
    return [*found, *(f"{rule}: {fault}" for rule, fault in overlaps.faults(rules))]


def _faults(rule: Rule, conditions: Collection[str]) -> Iterator[str]:
    for name in ("conditions", "without_conditions"):
        for condition in sorted(getattr(rule.scope, name) - set(conditions)):
            yield f"scope.{name}: unknown condition {condition}"
    if not rule.source.strip():
        yield "source: no source"
    if CONFIDENCE.fullmatch(rule.confidence) is None:
        yield f"confidence: {rule.confidence!r} is no tag of evidence.md"
    yield from _words(rule)
    yield from kind_of(rule).faults(rule)
    yield from sentence_units.faults(rule, kind_of(rule).vitals(rule))


def _words(rule: Rule) -> Iterator[str]:
    for name, template in (("clinician", rule.clinician), ("patient", rule.patient)):
        if not template.strip():
            yield f"{name}: the sentence is missing"
        for field in sorted(_template_fields(template) - TEMPLATE_FIELDS):
            yield f"{name}: unknown template field {field}"


def closing_faults(closing: Mapping[str, str]) -> list[str]:
    """Return which closing words use a field other than `emergency`."""
    return [
        f"closing {tier}: unknown template field {name}"
        for tier, words in closing.items()
        for name in sorted(_template_fields(words) - {"emergency"})
    ]


def _template_fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}
