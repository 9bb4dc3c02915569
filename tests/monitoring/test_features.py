from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Reading, Vital
from ingest.enrolment import Person
from monitoring.features import FEATURES, SIGNS, describe
from monitoring.windows import DAY, cut, history

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
PERSON = Person("p1", "Asia/Seoul", groups=frozenset({"copd", "diabetes"}))
COLUMN = {feature.name: number for number, feature in enumerate(FEATURES)}

minutes = st.integers(0, 40 * 24 * 60)
readings = st.builds(
    lambda vital, taken, delay, value, name: Reading(
        id=f"r{name}",
        vital=vital,
        value=value,
        effective=START + timedelta(minutes=taken),
        received=START + timedelta(minutes=taken + delay),
    ),
    st.sampled_from(list(SIGNS)),
    minutes,
    st.one_of(st.just(0), st.integers(0, 4000)),
    st.floats(40, 150),
    st.integers(),
)


def weights(values: Sequence[float]) -> list[Reading]:
    return [
        Reading(f"w{i}", Vital.BODY_WEIGHT, value, at := START + timedelta(days=i), at)
        for i, value in enumerate(values)
    ]


def at(day: float) -> float:
    return START.timestamp() + day * DAY


@given(st.lists(readings, max_size=60), minutes)
def test_no_feature_sees_past_its_cut_off(given_readings: list[Reading], minute: int) -> None:
    cutoff = START.timestamp() + 60 * minute
    seen = [r for r in given_readings if r.effective.timestamp() <= cutoff]

    everything = describe(history(PERSON, given_readings), cutoff)

    np.testing.assert_array_equal(everything, describe(history(PERSON, seen), cutoff))


@given(st.lists(readings, max_size=60), minutes)
def test_no_feature_of_a_cut_history_sees_what_had_not_arrived(
    given_readings: list[Reading], minute: int
) -> None:
    now = START.timestamp() + 60 * minute
    known = [
        r
        for r in given_readings
        if r.effective.timestamp() <= now and r.received.timestamp() <= now
    ]

    described = describe(cut(history(PERSON, given_readings), now, arrived=now), now)

    np.testing.assert_array_equal(described, describe(history(PERSON, known), now))


def test_the_latest_day_is_measured_against_the_persons_own_normal() -> None:
    past = history(PERSON, weights([80.0, 80.4] * 15 + [82.4, 82.4]))

    described = describe(past, at(31.1))

    # 25 days teach it: 13 at 80.0, so the centre is 80.0 and the spread the scale's own 0.2 kg.
    assert math.isclose(described[COLUMN["body_weight.latest"]], (82.4 - 80.0) / 0.2)
    assert described[COLUMN["body_weight.change7"]] > 5


def test_what_was_never_measured_is_missing_and_counted_so() -> None:
    described = describe(history(PERSON, weights([80.0] * 30)), at(29.1))

    assert math.isnan(described[COLUMN["spo2.recent"]])
    assert described[COLUMN["spo2.measured"]] == 0
    assert described[COLUMN["body_weight.measured"]] == 7


def test_a_gap_is_information() -> None:
    described = describe(history(PERSON, weights([80.0] * 26)), at(29.0))

    assert described[COLUMN["body_weight.measured"]] == 3
    assert described[COLUMN["contact.silence"]] == 24 * 4


def test_without_a_week_of_normal_days_nothing_is_compared() -> None:
    described = describe(history(PERSON, weights([80.0] * 8)), at(7.1))

    assert math.isnan(described[COLUMN["body_weight.latest"]])


def test_an_open_episode_does_not_teach_the_normal() -> None:
    ill = [80.0, 80.4] * 15 + [84.0] * 20
    past = history(PERSON, weights(ill))
    frozen = replace(past, frozen=((at(29.5), math.inf),))

    learnt = describe(past, at(49.1))[COLUMN["body_weight.latest"]]
    kept = describe(frozen, at(49.1))[COLUMN["body_weight.latest"]]

    assert kept > 10
    assert abs(learnt) < kept


def test_several_vitals_a_little_worse_add_up() -> None:
    names = (Vital.HEART_RATE, Vital.RESPIRATORY_RATE)
    both = [
        Reading(f"{vital}{i}", vital, value, moment, moment)
        for vital in names
        for i in range(32)
        for moment in [START + timedelta(days=i)]
        for value in [(70.0 if i < 30 else 75.0) + i % 2]
    ]

    one = describe(history(PERSON, [r for r in both if r.vital is names[0]]), at(31.1))
    two = describe(history(PERSON, both), at(31.1))

    assert two[COLUMN["strain.now"]] > one[COLUMN["strain.now"]] > 0
