from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Quality, Reading, Vital
from ingest.enrolment import Person
from monitoring import windows

if TYPE_CHECKING:
    from tests.monitoring.conftest import MakeReadings

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
ANYBODY = Person("p", "UTC")
WEIGHT = Vital.BODY_WEIGHT


@st.composite
def streams(draw: st.DrawFn) -> list[Reading]:
    minutes = draw(st.lists(st.integers(0, 20_000), min_size=1, max_size=40, unique=True))
    return [
        Reading(
            id=str(minute),
            vital=WEIGHT,
            value=draw(st.floats(60, 90)),
            effective=START + timedelta(minutes=minute),
            received=START + timedelta(minutes=minute + draw(st.integers(0, 4_000))),
        )
        for minute in minutes
    ]


@given(streams(), st.integers(0, 20_000), st.integers(0, 24_000))
def test_a_cut_equals_a_history_made_only_of_what_was_known(
    readings: list[Reading], until: int, arrived: int
) -> None:
    last, known = (START + timedelta(minutes=m) for m in (until, arrived))
    visible = [r for r in readings if r.effective <= last and r.received <= known]

    cut = windows.cut(windows.history(ANYBODY, readings), last.timestamp(), known.timestamp())

    expected = windows.history(ANYBODY, visible)
    assert (WEIGHT in cut.series) == bool(visible)
    for vital, series in expected.series.items():
        for name in ("times", "values", "days", "ids", "received", "latest"):
            np.testing.assert_array_equal(
                getattr(cut.series[vital], name), getattr(series, name), name
            )
        np.testing.assert_array_equal(cut.series[vital].daily.days, series.daily.days)
        np.testing.assert_allclose(cut.series[vital].daily.medians, series.daily.medians)
    np.testing.assert_array_equal(cut.contacts, expected.contacts)


@given(streams())
def test_daily_medians_equal_a_plain_loop_over_the_days(readings: list[Reading]) -> None:
    series = windows.history(ANYBODY, readings).series[WEIGHT]

    plain = [np.median(series.values[series.days == day]) for day in np.unique(series.days)]

    np.testing.assert_allclose(series.daily.medians, plain)


@given(streams(), st.randoms())
def test_arrival_order_does_not_change_a_history(
    readings: list[Reading], random: np.random.Generator
) -> None:
    """REL-19."""
    shuffled = readings.copy()
    random.shuffle(shuffled)

    first, second = (windows.history(ANYBODY, rs).series[WEIGHT] for rs in (readings, shuffled))

    assert list(first.ids) == list(second.ids)


def test_only_scored_values_become_series_and_the_rest_is_kept_aside(daily: MakeReadings) -> None:
    readings = [
        *daily(WEIGHT, [80.0]),
        *daily(WEIGHT, [400.0], hour=1, quality=Quality.IMPLAUSIBLE),
        *daily(Vital.GLUCOSE, [20.0], hour=2, quality=Quality.BOUND),
        *daily(WEIGHT, [70.0], hour=3, quality=Quality.WITHDRAWN),
    ]

    past = windows.history(ANYBODY, readings)

    assert list(past.series[WEIGHT].values) == [80.0]
    assert [k.value for k in past.kept] == [400.0]
    assert [b.vital for b in past.bounds] == [Vital.GLUCOSE]
    assert len(past.contacts) == 3


def test_a_day_is_the_local_day_of_the_person_on_both_clock_change_days() -> None:
    """REL-24: 25 and 23 hours long days in Berlin stay one day each."""
    berlin = Person("p", "Europe/Berlin")
    hours = [datetime(2026, 3, 28, 23, 30, tzinfo=UTC), datetime(2026, 3, 29, 21, 30, tzinfo=UTC)]
    readings = [Reading(str(i), WEIGHT, 80.0, at, at) for i, at in enumerate(hours)]

    days = windows.history(berlin, readings).series[WEIGHT].days

    assert days[0] == days[1] == datetime(2026, 3, 29, tzinfo=UTC).toordinal()


def test_a_reading_of_a_whole_day_keeps_that_day() -> None:
    at = datetime(2026, 3, 3, tzinfo=UTC)
    reading = Reading("1", WEIGHT, 80.0, at, at)
    whole = replace(reading, local_day=datetime(2026, 3, 2, tzinfo=UTC).date())

    assert windows.history(ANYBODY, [whole]).series[WEIGHT].days[0] == whole.local_day.toordinal()  # type: ignore[union-attr]


def test_an_offset_is_a_zone_too() -> None:
    evening_in_utc = datetime(2026, 3, 2, 16, tzinfo=UTC).timestamp()

    day = windows.local_day(evening_in_utc, windows.zone_of("+09:00"))

    assert day == datetime(2026, 3, 3, tzinfo=UTC).toordinal()
