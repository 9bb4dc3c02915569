"""A reading that the gate doubts teaches no baseline, from when the doubt is proven on."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Reading, Vital
from ingest.enrolment import Person
from monitoring import baseline, windows
from tests.monitoring.conftest import START
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitoring.findings import Usual
    from monitoring.windows import History
    from tests.monitoring.conftest import MakeReadings

V = Vital
GATE = RULEBOOK.gate
SOMEBODY = Person("p", "UTC")
FIRST_DAY = START.toordinal()
VARIED = [80.0, 80.4, 79.8, 80.1, 80.3]


def known(readings: Iterable[Reading], *, day: float = math.inf) -> History:
    past = windows.history(SOMEBODY, readings, gate=GATE)
    return windows.cut(past, START.timestamp() + day * 86_400)


def usual(past: History, vital: Vital, *, before: int) -> Usual:
    found = baseline.usual(past, vital, before=FIRST_DAY + before)
    assert found is not None
    return found


def days(past: History, vital: Vital, *, before: int) -> int:
    return usual(past, vital, before=before).days


def test_another_persons_weight_teaches_nothing_once_the_next_came_back(
    daily: MakeReadings,
) -> None:
    readings = daily(V.BODY_WEIGHT, [*VARIED * 3, 64.0, *VARIED])

    assert days(known(readings, day=15), V.BODY_WEIGHT, before=16) == 16  # nobody knows it yet
    assert days(known(readings, day=16), V.BODY_WEIGHT, before=16) == 15
    assert usual(known(readings), V.BODY_WEIGHT, before=21).spread < 0.5


def test_a_weight_that_stays_is_ones_own_and_teaches(daily: MakeReadings) -> None:
    readings = daily(V.BODY_WEIGHT, [*VARIED * 3, *[64.0, 64.3] * 5])

    assert days(known(readings), V.BODY_WEIGHT, before=25) == 25


def test_pounds_taken_for_kilograms_teach_nothing(daily: MakeReadings) -> None:
    readings = daily(V.BODY_WEIGHT, [*VARIED * 3, 80.2 * 2.2046, *VARIED])

    assert days(known(readings, day=15), V.BODY_WEIGHT, before=16) == 15


def test_a_misplaced_cuff_teaches_neither_pressure(daily: MakeReadings) -> None:
    upper = daily(V.SYSTOLIC_BP, [*[130.0] * 14, 100.0, 130.0])
    lower = daily(V.DIASTOLIC_BP, [*[80.0] * 14, 92.0, 80.0])
    past = known([*upper, *lower])

    assert days(past, V.SYSTOLIC_BP, before=16) == days(past, V.DIASTOLIC_BP, before=16) == 15


def test_a_pressure_without_its_partner_at_one_instant_is_matched_by_time(
    daily: MakeReadings,
) -> None:
    upper = daily(V.SYSTOLIC_BP, [*[130.0] * 14, 100.0, 130.0])
    lower = daily(V.DIASTOLIC_BP, [92.0, 80.0], first_day=14)
    past = known([*upper, *lower])

    assert days(past, V.SYSTOLIC_BP, before=16) == 15


def test_a_cold_finger_teaches_nothing(daily: MakeReadings) -> None:
    oxygen = daily(V.SPO2, [*[96.0] * 14, 91.0, 96.0])
    index = daily(V.PERFUSION_INDEX, [0.3], first_day=14, hour=0.05)

    assert days(known([*oxygen, *index]), V.SPO2, before=16) == 15
    assert days(known(oxygen), V.SPO2, before=16) == 16


def test_a_stuck_sensor_teaches_nothing_from_its_fifth_reading_on(daily: MakeReadings) -> None:
    readings = daily(V.BODY_WEIGHT, [*VARIED * 5, *[81.2] * 7])

    assert days(known(readings, day=28), V.BODY_WEIGHT, before=29) == 28
    assert days(known(readings, day=29), V.BODY_WEIGHT, before=30) == 25 - 2
    assert usual(known(readings), V.BODY_WEIGHT, before=32).high < 81.2 + 0.5


def test_without_a_gate_everything_teaches(daily: MakeReadings) -> None:
    past = windows.history(SOMEBODY, daily(V.BODY_WEIGHT, [*VARIED * 3, 64.0, *VARIED]))

    assert days(past, V.BODY_WEIGHT, before=21) == 21


WEIGHTS = st.sampled_from([80.0, 80.4, 79.8, 64.0, 80.2 * 2.2046, 81.2])


@settings(max_examples=100, deadline=None)
@given(st.lists(WEIGHTS, min_size=12, max_size=30), st.integers(0, 35), st.data())
def test_what_is_learnt_by_an_instant_is_the_same_with_and_without_what_came_after(
    values: list[float], day: int, data: st.DataObject
) -> None:
    """A doubt counts from its proof on: a cut equals a history of what was known (REL-19)."""
    readings = []
    for n, value in enumerate(values):
        at = START + timedelta(days=n)
        late = timedelta(days=data.draw(st.sampled_from([0, 0, 2])))
        readings.append(Reading(f"w{n}", V.BODY_WEIGHT, value, at, at + late))
    now = START + timedelta(days=day)
    seen = [r for r in readings if r.effective <= now and r.received <= now]

    past = windows.history(SOMEBODY, readings, gate=GATE)
    cut = windows.cut(past, now.timestamp(), now.timestamp())

    again = windows.cut(windows.history(SOMEBODY, seen, gate=GATE), now.timestamp())
    for before in (day - 6, day + 1):
        asked = [baseline.usual(h, V.BODY_WEIGHT, before=FIRST_DAY + before) for h in (cut, again)]
        assert asked[0] == asked[1]


def test_any_order_in_which_readings_are_given_teaches_the_same(daily: MakeReadings) -> None:
    head, tail = daily(V.BODY_WEIGHT, VARIED * 3), daily(V.BODY_WEIGHT, [64.0, 80.1], first_day=15)
    more = daily(V.BODY_WEIGHT, [80.0 * 2.2046], first_day=17)

    found = {
        usual(known([*head, *order]), V.BODY_WEIGHT, before=18)
        for order in permutations([*tail, *more])
    }

    assert len(found) == 1


@pytest.mark.parametrize("values", [[80.0] * 3, [80.0, 64.0]])
def test_of_too_few_readings_nothing_is_doubted(
    daily: MakeReadings, values: Sequence[float]
) -> None:
    past = known(daily(V.BODY_WEIGHT, values))

    assert past.screen is not None
    assert past.screen.sure(V.BODY_WEIGHT, math.inf) is None
    assert past.screen.sure(V.SPO2, math.inf) is None


def test_one_measurement_by_two_paths_counts_once(daily: MakeReadings) -> None:
    [one] = daily(V.HEART_RATE, [88.0])
    twin = Reading("twin", V.HEART_RATE, 88.0, one.effective + timedelta(seconds=20), START)

    past = known([one, twin])

    np.testing.assert_array_equal(past.series[V.HEART_RATE].ids, [one.id])
    assert [pair[1].id for pair in past.twice] == ["twin"]


def test_the_second_copy_stands_alone_while_the_first_has_not_arrived(daily: MakeReadings) -> None:
    """A RED must not wait for the copy that it would be counted under."""
    [one] = daily(V.SPO2, [88.0])
    late = Reading(one.id, one.vital, 88.0, one.effective, one.effective + timedelta(hours=5))
    twin_at = one.effective + timedelta(seconds=20)
    twin = Reading("twin", V.SPO2, 88.0, twin_at, twin_at)
    past = windows.history(SOMEBODY, [late, twin], gate=GATE)

    cut = windows.cut(past, twin_at.timestamp(), twin_at.timestamp())

    np.testing.assert_array_equal(cut.series[V.SPO2].ids, ["twin"])
    assert cut.twice == ()
