from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.axis import Scale, day_ticks, ticks

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (86, 98, [90, 95]),
        (57.6, 61.9, [58, 60]),
        (0, 10, [0, 2.5, 5, 7.5, 10]),
        (118, 182, [120, 140, 160, 180]),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@given(st.floats(-500, 500), st.floats(0.1, 1000))
def test_there_are_a_few_ticks_whatever_the_range(low: float, span: float) -> None:
    marks = ticks(low, low + span)

    assert 1 <= len(marks) <= 6
    assert all(low - 1e-6 <= mark <= low + span + 1e-6 for mark in marks)


def test_days_are_marked_at_local_midnight() -> None:
    end = datetime(2026, 11, 23, 12, tzinfo=UTC)

    marks = day_ticks(end - timedelta(days=30), end, zone=SEOUL)

    days = [(day.month, day.day) for _, day in marks]
    assert days == [(10, 25), (11, 2), (11, 10), (11, 18)]
    assert all(at.astimezone(SEOUL).hour == 0 for at, _ in marks)


def test_a_flat_line_still_has_room_around_it() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)

    scale = Scale.around([60.0, 60.0], start=now, end=now, width=100, height=40)

    assert scale.low < 60 < scale.high
    assert scale.y(60.0) == pytest.approx(20)
