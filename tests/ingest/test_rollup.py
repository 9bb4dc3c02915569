"""What stands for a dense stream: nothing beyond a limit is lost, in whatever order it came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Quality, Reading, Vital
from ingest.rollup import BY_DAY, BY_HOUR, MOST, by_day, by_hour

if TYPE_CHECKING:
    import random

START = datetime(2026, 3, 2, tzinfo=UTC)


def reading(minute: int, value: float, device: str = "d") -> Reading:
    at = START + timedelta(minutes=minute)
    return Reading(f"{device}{minute}", Vital.HEART_RATE, value, at, at, device=device)


@st.composite
def streams(draw: st.DrawFn, *, devices: int = 2, hours: int = 4) -> list[Reading]:
    minutes = draw(st.sets(st.integers(0, 60 * hours - 1), min_size=1, max_size=80))
    names = draw(st.sampled_from(["a", "ab"][:devices]))
    return [
        reading(minute, draw(st.integers(40, 180)), draw(st.sampled_from(names)))
        for minute in sorted(minutes)
    ]


def hour_of(each: Reading) -> tuple[str, int]:
    return each.device, int(each.effective.timestamp() // 3600)


def hours(readings: list[Reading]) -> dict[tuple[str, int], list[Reading]]:
    ordered = sorted(readings, key=lambda r: (*hour_of(r), r.effective))
    return {key: list(group) for key, group in groupby(ordered, key=hour_of)}


@settings(max_examples=300, deadline=None)
@given(streams(), st.integers(39, 181), st.booleans())
def test_the_first_reading_beyond_any_limit_is_kept_of_each_hour(
    readings: list[Reading],
    limit: int,
    upward: bool,  # noqa: FBT001 (drawn)
) -> None:
    def first(listed: list[Reading]) -> str | None:
        beyond = (r for r in listed if r.value and (r.value > limit) is upward and r.value != limit)
        return next((r.id for r in beyond), None)

    kept = hours(by_hour(readings))

    assert {k: first(v) for k, v in kept.items()} == {
        k: first(v) for k, v in hours(readings).items()
    }


@settings(max_examples=200, deadline=None)
@given(streams(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_and_rolling_twice_change_nothing(
    readings: list[Reading], order: random.Random
) -> None:
    shuffled = list(readings)
    order.shuffle(shuffled)

    once = by_hour(readings)

    assert sorted(by_hour(shuffled), key=lambda r: r.id) == sorted(once, key=lambda r: r.id)
    assert sorted(by_hour(once), key=lambda r: r.id) == sorted(once, key=lambda r: r.id)


@settings(max_examples=200, deadline=None)
@given(streams(devices=1), st.integers(1, 60))
def test_what_was_beyond_all_before_it_stays_when_more_readings_come(
    readings: list[Reading], known: int
) -> None:
    """So an alert on it does not fall only because its hour goes on."""
    before, after = by_hour(readings[:known]), {r.id for r in by_hour(readings)}

    for hour in hours(before).values():
        value = [r.value or 0 for r in hour]
        records = [
            r.id for i, r in enumerate(hour)
            if i == 0 or value[i] > max(value[:i]) or value[i] < min(value[:i])
        ]  # fmt: skip
        full = hours(readings)[hour_of(hour[0])]
        assert len(full) <= MOST or set(records) <= after


@settings(max_examples=200, deadline=None)
@given(streams())
def test_one_reading_stands_for_all_of_a_dense_hour_in_medians(readings: list[Reading]) -> None:
    kept = hours(by_hour(readings))

    for key, whole in hours(readings).items():
        assert sum(r.stands_for for r in kept[key]) == len(whole)
        if len(whole) > MOST:
            [middle] = [r for r in kept[key] if r.stands_for]
            values = sorted(r.value or 0 for r in whole)
            assert middle.value == values[(len(values) - 1) // 2]


@settings(max_examples=200, deadline=None)
@given(streams(devices=1, hours=20))
def test_of_a_day_that_is_over_its_extremes_and_its_middle_are_kept(
    readings: list[Reading],
) -> None:
    kept = by_day(readings)
    by_id = {r.id: r for r in readings}
    values = sorted(r.value or 0 for r in readings)

    always = {by_id[id_].value for id_, (level, _) in kept.items() if level == BY_DAY}
    assert {values[0], values[-1]} <= always
    if any(len(hour) > MOST for hour in hours(readings).values()):
        [middle] = [id_ for id_, (_, stands) in kept.items() if stands]
        assert by_id[middle].value == values[(len(values) - 1) // 2]
        assert kept[middle] == (BY_DAY, len(readings))
        assert {r.id for r in by_hour(readings) if not r.stands_for} <= kept.keys()
        assert {level for level, _ in kept.values()} <= {BY_DAY, BY_HOUR}
    else:
        assert set(kept.values()) == {(BY_DAY, 1)}


def test_what_is_no_level_of_a_moment_is_left_as_it_is() -> None:
    steps = [
        Reading(str(n), Vital.MOTION, 1.0, START + timedelta(minutes=n), START) for n in range(60)
    ]
    odd = Reading("odd", Vital.HEART_RATE, 900.0, START, START, Quality.IMPLAUSIBLE)
    pulse = [reading(n, 70) for n in range(60)]

    assert by_hour(steps) == steps
    assert odd in by_hour([*pulse, odd])
    assert [r.stands_for for r in by_hour(pulse)] == [0, 60, 0]
