"""Refuses a rulebook that a clinician could not have meant, and says every reason."""

from __future__ import annotations

import re
from string import Formatter
from typing import TYPE_CHECKING

from monitoring.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

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


def faults(rules: Iterable[Rule], conditions: Collection[str]) -> list[str]:
    """Return what is wrong with the rules, one sentence each; empty where nothing is."""
    found: list[str] = []
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            found.append(f"{rule.id}: the id stands twice")
        seen.add(rule.id)
        found += [f"{rule.id}: {fault}" for fault in _faults(rule, conditions)]
    return found


def _faults(rule: Rule, conditions: Collection[str]) -> Iterator[str]:
    for condition in sorted(rule.scope.conditions - set(conditions)):
        yield f"unknown condition {condition}"
    if not rule.source:
        yield "no source"
    if CONFIDENCE.fullmatch(rule.confidence) is None:
        yield f"confidence {rule.confidence!r} is no tag of evidence.md"
    yield from _words(rule)
    yield from kind_of(rule).faults(rule)


def _words(rule: Rule) -> Iterator[str]:
    for template in (rule.clinician, rule.patient):
        if not template:
            yield "a sentence is missing"
        for field in _template_fields(template) - TEMPLATE_FIELDS:
            yield f"unknown template field {field}"


def closing_faults(closing: Mapping[str, str]) -> list[str]:
    """Return which closing words use a field other than `emergency`."""
    return [
        f"closing {tier}: unknown template field {name}"
        for tier, words in closing.items()
        for name in sorted(_template_fields(words) - {"emergency"})
    ]


def _template_fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}
