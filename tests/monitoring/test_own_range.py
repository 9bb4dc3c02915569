"""What is usual for a person is lesser news, and no RED or AMBER is ever made less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Severity, Vital
from monitoring.comparison import Comparison
from monitoring.criteria import Test as Fact
from monitoring.criteria_tests import held
from monitoring.findings import Usual
from monitoring.moment import Hit, moment
from monitoring.own_range import lesser
from monitoring.rule_kinds import OwnRange
from monitoring.rule_words import tiers
from monitoring.windows import history, time_of
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from ingest.enrolment import Person
    from tests.monitoring.conftest import MakeReadings

RULE = RULEBOOK.by_id["RHR-UP"]


def hit(value: float, *, severity: Severity = Severity.YELLOW, days: int = 28) -> Hit:
    usual = Usual(centre=70.0, low=60.0, high=80.0, spread=6.0, days=days)
    return Hit(rule=RULE, severity=severity, at=0.0, day=1, value=value, usual=usual)


@pytest.mark.parametrize(
    ("value", "days", "tier"),
    [
        (81.9, 28, Severity.INFO),
        (82.0, 28, Severity.YELLOW),  # two spreads: outside what is usual
        (81.9, 13, Severity.YELLOW),  # a usual of 13 days is not established
        (58.1, 28, Severity.INFO),
    ],
)
def test_a_limit_passed_within_the_own_range_is_for_information(
    value: float, days: int, tier: Severity
) -> None:
    assert RULE.own_range == OwnRange(spreads=2.0, severity=Severity.INFO)
    assert lesser(hit(value, days=days)).severity is tier


def test_no_rule_in_force_says_amber_or_red_at_a_lesser_tier_for_who_is_used_to_it() -> None:
    """AL-01: every row of RED or AMBER runs as it was signed; only YELLOW may become INFO."""
    lowered = [rule for rule in RULEBOOK.rules if rule.own_range is not None]

    assert lowered
    for rule in lowered:
        assert Severity.YELLOW.rank >= max(tier.rank for tier in tiers(rule)), rule.id


@given(st.floats(50, 100), st.sampled_from(list(Severity)))
def test_red_and_amber_are_never_lowered_and_nothing_is_raised(
    value: float, severity: Severity
) -> None:
    """AL-01 for the own range: any value, any tier."""
    found = lesser(hit(value, severity=severity)).severity

    assert found.rank <= severity.rank
    if severity is not Severity.YELLOW:
        assert found is severity


@pytest.mark.parametrize(("swing", "counts"), [(0.0, True), (900.0, False)])
def test_a_share_of_the_usual_counts_only_beyond_what_the_person_does_anyway(
    person: Person, daily: MakeReadings, swing: float, *, counts: bool
) -> None:
    fact = Fact(
        vital=Vital.STEPS,
        words="few steps",
        comparison=Comparison.AT_MOST,
        ratio=0.75,
        days=3,
        least_spreads=1.5,
    )
    usual = [4000.0 + swing * (-1) ** day for day in range(28)]
    readings = daily(Vital.STEPS, [*usual, 2900.0, 2900.0, 2900.0])
    now = max(time_of(each) for each in readings)

    found = held(fact, 24.0, moment(history(person, readings), now, now))

    assert (found is not None) is counts
