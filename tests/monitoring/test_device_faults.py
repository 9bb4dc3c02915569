from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from monitoring.findings import Finding
    from tests.monitoring.conftest import MakeReadings

VARIED = [80.0, 80.4, 79.8, 80.1, 80.3] * 5


def judged(readings: list[Reading]) -> list[Finding]:
    past = windows.history(Person("p", "UTC"), readings, gate=RULEBOOK.gate)
    points = [windows.time_of(r) for r in readings[-8:]]
    now = readings[-1].effective
    return list(judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None).findings)


def stuck(readings: list[Reading]) -> list[Finding]:
    return [finding for finding in judged(readings) if finding.rule_id == "DQ-STUCK"]


@pytest.mark.parametrize(("run", "times"), [(4, 0), (5, 1), (7, 1)])
def test_five_equal_weights_of_somebody_whose_weights_differ_are_said_once(
    daily: MakeReadings, run: int, times: int
) -> None:
    assert len(stuck(daily(Vital.BODY_WEIGHT, [*VARIED, *[81.2] * run]))) == times


def test_five_equal_saturations_are_nothing_where_they_are_often_alike(daily: MakeReadings) -> None:
    often = [96.0, 96.0, 97.0, 96.0, 96.0, 96.0, 95.0, 96.0] * 3

    assert not stuck(daily(Vital.SPO2, [*often, 97.0, *[96.0] * 5]))


def test_without_a_past_nothing_is_known_of_a_device(daily: MakeReadings) -> None:
    assert not stuck(daily(Vital.BODY_WEIGHT, [80.0, 80.4, *[81.2] * 5]))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([70.0, 88.0, 91.0, 95.0, 97.0]), min_size=1, max_size=12))
def test_no_doubt_about_a_measurement_takes_a_red_away_al_20(values: list[float]) -> None:
    """A cold finger, a stuck sensor and another person's finger are said beside RED."""
    readings = []
    for n, value in enumerate(values):
        at = START + timedelta(hours=3 * n)
        readings.append(Reading(f"i{n}", Vital.PERFUSION_INDEX, 0.2, at, at))
        readings.append(Reading(f"s{n}", Vital.SPO2, value, at, at))
    past = windows.history(Person("p", "UTC"), readings, gate=RULEBOOK.gate)

    found = judgement.judge(
        past,
        [windows.time_of(r) for r in readings],
        now=readings[-1].effective,
        rulebook=RULEBOOK,
        model=None,
    ).findings

    red = {f.at for f in found if f.rule_id == "SPO2-CRIT" and f.severity is Severity.RED}
    assert red == {r.effective for r in readings if r.vital is Vital.SPO2 and (r.value or 0) <= 91}
