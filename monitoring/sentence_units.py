"""Whether the words of a rule name the units and numbers that it judges by.

A limit in kg under a sentence that says pounds would be signed for what it is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Group, Vital
from monitoring.criteria import CriteriaRule, Test, tests_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from monitoring.rule_kinds import Rule

UNITS = frozenset(measure.unit_display for measure in MEASURES.values()) - {""}
AFTER_FIELD = re.compile(r"\{(?:value|limit)\}\s+([^\s,;()]+)")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
AFTER_NUMBER = re.compile(r"\d\s+([^\s,;()\d]+)")


def faults(rule: Rule, vitals: Collection[Vital]) -> Iterator[str]:
    """Tell of units and numbers in a rule's words that are not those of its `vitals`."""
    for name in ("clinician", "patient"):
        yield from _foreign(name, AFTER_FIELD.findall(getattr(rule, name)), vitals)
    if isinstance(rule, CriteriaRule):
        for test in tests_of(rule):
            yield from _words(test)


def _foreign(name: str, said: Collection[str], vitals: Collection[Vital]) -> Iterator[str]:
    own = {MEASURES[vital].unit_display for vital in vitals}
    for unit in said:
        if unit in UNITS - own and own:
            yield f"{name}: says {unit}, where the values are in {' or '.join(sorted(own))}"


def _words(test: Test) -> Iterator[str]:
    """Tell of words that name another number or unit than the test has."""
    if MEASURES[test.vital].group is Group.BODY and test.ratio is None:
        yield from _foreign("words", AFTER_NUMBER.findall(test.words), (test.vital,))
    if (MEASURES[test.vital].low, MEASURES[test.vital].high) == (0, 1):
        return  # yes or no: there is no number to tell
    told = {float(number) for number in NUMBER.findall(test.words)}
    if told.isdisjoint(_numbers(test)):
        yield f"words: {test.words!r} does not name what is tested"


def _numbers(test: Test) -> set[float]:
    """Return how the number of a test may be told; a share also as what is missing of it."""
    if test.ratio is not None:
        return {round(100 * test.ratio, 6), round(100 - 100 * test.ratio, 6)}
    given = (test.limit, test.change, test.spreads)
    return {abs(number) for number in given if number is not None}
