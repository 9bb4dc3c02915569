"""What is called an overlap is one: whenever the rule fires, the other fires as gravely."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import overlaps, windows
from monitoring.comparison import Comparison
from monitoring.findings import Problem
from monitoring.moment import Hit, moment
from monitoring.rule_kinds import (
    ChangeRule,
    DriftRule,
    Level,
    LimitRule,
    Overlap,
    Raise,
    RepeatedDaysRule,
    Rule,
    Scope,
)
from monitoring.rules import limit
from tests.monitoring.conftest import START

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.rulebook import Rulebook

WAITS = (0, 30, 60)  # minutes
TIERS = (Severity.RED, Severity.AMBER, Severity.YELLOW)
LEVEL = Level(severity=Severity.AMBER, comparison=Comparison.AT_LEAST, limit=110, readings=2)


def rule(name: str, *levels: Level, scope: Scope = Scope()) -> LimitRule:  # noqa: B008 (frozen)
    return LimitRule(
        id=name,
        problem=Problem.RHYTHM,
        source="a test",
        confidence="E",
        clinician="{value}",
        patient="{value}",
        vital=Vital.HEART_RATE,
        levels=levels,
        scope=scope,
    )


def told(*rules: Rule) -> set[str]:
    return {name for name, _ in overlaps.faults(rules)}


levels = st.builds(
    Level,
    severity=st.sampled_from(TIERS),
    comparison=st.sampled_from([Comparison.ABOVE, Comparison.AT_LEAST]),
    limit=st.sampled_from([100.0, 105.0, 110.0]),
    short_of=st.sampled_from([None, 110.0, 115.0]),
    readings=st.sampled_from([1, 2, 3]),
    within_minutes=st.sampled_from([10.0, 60.0]),
    apart_minutes=st.sampled_from([0.0, 20.0]),
    consecutive=st.booleans(),
    unanswered_minutes=st.sampled_from([None, 30.0, 60.0]),
    raised=st.sampled_from([None, Raise(severity=Severity.RED, medicines=frozenset({"insulin"}))]),
)
series = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from([90.0, 100.0, 104.0, 105.0, 110.0, 112.0])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=500, deadline=None)
@given(one=levels, other=levels, taken=series, takes=st.booleans())
def test_a_level_that_is_called_covered_never_says_more_than_the_other_rule(
    one: Level, other: Level, taken: list[tuple[int, float]], *, takes: bool
) -> None:
    covered = "A" in told(rule("A", one), rule("B", other))
    person = Person(id="p", zone="UTC", medicines=frozenset({"insulin"} if takes else ()))
    own, others = (
        accumulate(_said(rule("A", level), person, taken), max) for level in (one, other)
    )

    assert not covered or all(a <= b for a, b in zip(own, others, strict=True))


def _said(asked: LimitRule, person: Person, taken: list[tuple[int, float]]) -> Iterator[int]:
    """Yield the gravest rank at each reading, and when the waits for a repeat are over."""
    at, readings = START, []
    for minutes, value in taken:
        at += timedelta(minutes=minutes)
        readings.append(Reading(at.isoformat(), Vital.HEART_RATE, value, at, at))
    past = windows.history(person, readings)
    for instant in sorted(r.effective + timedelta(minutes=w) for r in readings for w in WAITS):
        now = instant.timestamp()
        found = limit(asked, moment(past, now, now))
        yield max((each.severity.rank for each in found if isinstance(each, Hit)), default=-1)


def test_of_two_equal_rules_neither_decides() -> None:
    assert told(rule("A", LEVEL), rule("B", LEVEL)) == {"A", "B"}


@pytest.mark.parametrize(
    ("other", "is_covered"),
    [
        (replace(LEVEL, limit=109), True),
        (replace(LEVEL, limit=111), False),
        (replace(LEVEL, comparison=Comparison.ABOVE), False),
        (replace(LEVEL, severity=Severity.YELLOW), False),
        (replace(LEVEL, severity=Severity.RED, readings=9), True),
        (replace(LEVEL, readings=3), False),
        (replace(LEVEL, readings=1), True),
        (replace(LEVEL, consecutive=True), False),
        (replace(LEVEL, short_of=130), False),
        (replace(LEVEL, change=5.0), False),
        (replace(LEVEL, severity=Severity.DQ), False),
    ],
)
def test_a_stricter_or_lesser_rule_leaves_something_to_decide(
    *, other: Level, is_covered: bool
) -> None:
    assert ("A" in told(rule("A", LEVEL), rule("B", other))) is is_covered


@pytest.mark.parametrize(
    ("own", "others", "is_wider"),
    [
        (Scope(), Scope(), True),
        (Scope(conditions=frozenset({"copd"})), Scope(), True),
        (Scope(), Scope(conditions=frozenset({"copd"})), False),
        (Scope(least_age=80), Scope(least_age=65), True),
        (Scope(least_age=65), Scope(least_age=80), False),
        (Scope(scale_two=True), Scope(scale_two=False), False),
        (Scope(), Scope(without_conditions=frozenset({"copd"})), False),
        (Scope(traits=frozenset({"frail"})), Scope(medicines=frozenset({"insulin"})), False),
        (Scope(traits=frozenset({"frail"}), least_age=75, age_or_trait=True), Scope(), False),
    ],
)
def test_only_a_rule_for_all_these_people_covers(
    *, own: Scope, others: Scope, is_wider: bool
) -> None:
    assert ("A" in told(rule("A", LEVEL, scope=own), rule("B", LEVEL, scope=others))) is is_wider


def test_a_rule_that_is_left_one_of_its_levels_still_decides() -> None:
    two = rule("A", replace(LEVEL, severity=Severity.RED, limit=130), LEVEL)
    grave = rule("C", replace(LEVEL, severity=Severity.RED, limit=120))

    assert told(two, rule("B", replace(LEVEL, limit=100))) == set()
    assert told(two, rule("B", replace(LEVEL, limit=100)), grave) == {"A"}


def test_a_level_behind_a_looser_one_of_its_own_rule_is_told_of() -> None:
    later = replace(LEVEL, severity=Severity.YELLOW, limit=120)

    [fault] = overlaps.faults([rule("A", LEVEL, later)])
    assert fault == ("A", "levels[1]: an earlier level says as much whenever it would fire")


def test_an_overlap_that_is_meant_is_named_with_its_reason_and_nothing_else_passes() -> None:
    meant = replace(rule("A", LEVEL), overlaps=(Overlap(rule="B", reason="a second opinion"),))
    unmeant = replace(meant, overlaps=(Overlap(rule="NONE", reason=" "),))

    assert told(meant, rule("B", replace(LEVEL, limit=100))) == set()
    assert len(list(overlaps.faults([unmeant]))) == 2


def test_a_rule_that_is_only_tried_neither_covers_nor_is_covered() -> None:
    assert told(rule("A", LEVEL), replace(rule("B", LEVEL), shadow=True)) == set()


def test_changes_drifts_and_repeated_days_are_compared_too() -> None:
    change = ChangeRule(
        id="C",
        problem=Problem.FLUID,
        vital=Vital.BODY_WEIGHT,
        severity=Severity.AMBER,
        comparison=Comparison.ABOVE,
        amount=2.0,
        window_days=3,
        source="a test",
        confidence="E",
        clinician="{value}",
        patient="{value}",
    )
    drift = DriftRule(
        id="D",
        problem=Problem.DECLINE,
        vitals=(Vital.STEPS,),
        severity=Severity.YELLOW,
        recent_days=3,
        usual_days=28,
        ratio=0.5,
        source="a test",
        confidence="E",
        clinician="{value}",
        patient="{value}",
    )
    days = RepeatedDaysRule(
        id="R",
        problem=Problem.GLUCOSE,
        vital=Vital.GLUCOSE,
        severity=Severity.AMBER,
        comparison=Comparison.ABOVE,
        limit=300,
        days=2,
        source="a test",
        confidence="E",
        clinician="{value}",
        patient="{value}",
    )

    assert told(change, replace(change, id="C2", amount=1.5, window_days=7)) == {"C"}
    assert told(change, replace(change, id="C2", amount=1.5, window_days=2)) == set()
    assert told(drift, replace(drift, id="D2", ratio=0.6)) == {"D"}
    assert told(days, replace(days, id="R2", limit=250)) == {"R"}
    assert told(change, drift, days) == set()


@pytest.mark.parametrize("id_", ["SEPSIS-C", "NEWS2-5", "SIL-ALL", "PB-Z", "BP-AVG", "OH-2"])
def test_a_rule_in_force_that_stands_twice_is_told_of(rulebook: Rulebook, id_: str) -> None:
    twice = replace(rulebook.by_id[id_], id="TWICE")

    assert {id_, "TWICE"} <= told(*rulebook.rules, twice)


def test_no_rule_in_force_is_left_nothing_to_decide(rulebook: Rulebook) -> None:
    assert told(*rulebook.rules) == set()
