"""A day counts for the score once anything was measured on it, or once it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from core.vitals import Reading, Vital
from ingest.enrolment import Person
from monitoring.features import asked_at, describe
from monitoring.windows import cut, history

SEOUL = Person("p", "Asia/Seoul")
MIDNIGHT = datetime(2026, 3, 20, 15, tzinfo=UTC)  # 21 March begins in Seoul
END = (MIDNIGHT - timedelta(seconds=1)).timestamp()
PAST = history(
    SEOUL,
    [
        Reading(f"w{day}", Vital.BODY_WEIGHT, 80.0 + day % 2, at, at)
        for day in range(20)
        for at in [MIDNIGHT - timedelta(days=day, hours=16)]
    ],
)


def test_in_the_night_the_evening_before_is_looked_at() -> None:
    before = asked_at(PAST, END)

    assert before == END  # the day is over
    for hours in (0, 4, 20):
        assert asked_at(PAST, (MIDNIGHT + timedelta(hours=hours)).timestamp()) == END
    night = describe(PAST, asked_at(PAST, (MIDNIGHT + timedelta(hours=4)).timestamp()))
    np.testing.assert_array_equal(night, describe(PAST, END))


def test_a_day_on_which_nothing_was_measured_counts_when_it_is_over() -> None:
    over = END + 86_400.0

    assert asked_at(PAST, over) == over
    assert asked_at(PAST, over + 60.0) == over


def test_a_day_counts_from_its_first_reading_on() -> None:
    at = MIDNIGHT + timedelta(hours=7)
    told = history(SEOUL, [Reading("new", Vital.BODY_WEIGHT, 81.0, at, at + timedelta(minutes=20))])
    known, unknown = at.timestamp() + 1800, at.timestamp() + 600

    assert asked_at(cut(told, known, known), known) == known
    assert asked_at(cut(told, unknown, unknown), unknown) == END  # measured, and not yet there


def test_an_hour_that_the_clocks_skip_ends_no_day_early() -> None:
    berlin = history(Person("p", "Europe/Berlin"), [])
    night = datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)  # a day of 23 hours ends

    assert asked_at(berlin, night.timestamp()) == night.timestamp()
    assert asked_at(berlin, night.timestamp() - 1) == (
        datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC).timestamp()
    )
