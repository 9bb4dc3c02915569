"""Which limits were in force from when to when: every tier and end, over the whole span."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from core.vitals import Severity, Vital
from ingest.dated import Fact, Facts
from ingest.enrolment import Person
from monitoring.plans.lines import Needs
from monitoring.plans.over_time import Held, held
from monitoring.plans.versions import TARGET, TARGET_RANGE, Change, Version
from tests.monitoring.plans.conftest import SITE

END = datetime(2026, 6, 1, 9, tzinfo=UTC)
START = END - timedelta(days=30)
ANYBODY = Person("p", "UTC")


def version(number: int, ago: int, change: Change = Change.SET, **levels: float) -> Version:
    at = END - timedelta(days=ago)
    content = {"readings": 1, **levels}
    return Version(
        uuid4(), number, "heart_rate", False, change, content, at, None, uuid4(), "Dr Han", "r"
    )


def of(found: list[Held], vital: Vital, severity: Severity) -> list[tuple[str, float, str]]:
    return [
        (str(each.fixed.comparison), each.fixed.value, str(each.fixed.needs))
        for each in found
        if (each.line.vital, each.line.severity) == (vital, severity)
    ]


def test_the_rulebooks_limits_hold_over_the_whole_span_in_each_tier_and_direction() -> None:
    found = held(SITE, ANYBODY, [], START, END)

    assert {(each.since, each.until) for each in found} == {(START, END)}
    assert of(found, Vital.SPO2, Severity.RED) == [("at-most", 91, "")]
    assert sorted(of(found, Vital.HEART_RATE, Severity.RED)) == [
        ("at-least", 131, ""),
        ("at-most", 30, ""),
    ]


def test_a_limit_that_asks_for_a_change_from_the_usual_stands_beside_the_plain_one() -> None:
    found = held(SITE, ANYBODY, [], START, END)

    assert sorted(of(found, Vital.SPO2, Severity.AMBER)) == [
        ("at-most", 93, ""),
        ("at-most", 94, Needs.CHANGE),
    ]


def test_a_measure_without_a_fixed_limit_has_none() -> None:
    found = held(SITE, ANYBODY, [], START, END)

    assert Vital.BODY_WEIGHT not in {each.line.vital for each in found}


def test_a_change_of_the_plan_is_a_step_and_what_gave_way_ends_there() -> None:
    """The rulebook's AMBER of 111 is silent while a clinician's own limit stands."""
    versions = [
        version(3, 5, Change.WITHDRAWN, alert_high=125),
        version(2, 10, Change.CHANGED, alert_high=125),
        version(1, 20, alert_high=120),
    ]

    amber = [
        (each.fixed.value, (END - each.since).days, (END - each.until).days)
        for each in held(SITE, ANYBODY, versions, START, END)
        if each.line.vital is Vital.HEART_RATE
        and each.line.severity is Severity.AMBER
        and each.line.upward
    ]

    assert amber == [(111.0, 30, 20), (120.0, 20, 10), (125.0, 10, 5), (111.0, 5, 0)]


def test_a_target_of_oxygen_changes_the_limits_from_the_day_on_which_it_was_confirmed() -> None:
    failing = Facts((Fact(hypercapnic=True),), scale_two=True)
    at = END - timedelta(days=7)
    target = Version(
        uuid4(), 1, TARGET, False, Change.SET, dict(TARGET_RANGE), at, None, uuid4(), "Dr Han", "r"
    )

    red = [
        (each.fixed.value, each.since, each.until)
        for each in held(SITE, Person("p", "UTC", dated=failing), [target], START, END)
        if (each.line.vital, each.line.severity) == (Vital.SPO2, Severity.RED)
    ]

    assert red == [(91.0, START, at), (83.0, at, END)]


def test_a_limit_in_shadow_is_not_in_force() -> None:
    book = SITE.rulebook
    rules = tuple(replace(r, shadow=True) if r.id == "HR-HIGH2" else r for r in book.rules)
    site = replace(SITE, rulebook=replace(book, rules=rules))

    found = held(site, ANYBODY, [], START, END)

    assert of(found, Vital.HEART_RATE, Severity.AMBER) == [("at-most", 40, "")]
