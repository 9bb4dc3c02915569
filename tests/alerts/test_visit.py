"""A video visit begins now or at an hour of today, by the clock of the team."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.visit import span
from core.errors import InvalidError

SEOUL = ZoneInfo("Asia/Seoul")
NOW = datetime(2026, 3, 10, 23, 30, 20, tzinfo=UTC)  # 08:30 of the eleventh in Seoul


def test_without_an_hour_it_begins_now() -> None:
    assert span("", 20, SEOUL, now=NOW).start == NOW
    assert span("", 20, SEOUL, now=NOW).end == NOW + timedelta(minutes=20)


def test_an_hour_is_of_today_where_the_team_is() -> None:
    assert span("14:30", 45, SEOUL, now=NOW).start == datetime(2026, 3, 11, 5, 30, tzinfo=UTC)
    assert span("00:15", 20, UTC, now=NOW.replace(hour=0, minute=2)).start.minute == 15


def test_the_minute_that_it_is_means_now() -> None:
    assert span("08:30", 20, SEOUL, now=NOW).start == NOW


@pytest.mark.parametrize("at", ["08:20", "00:10", "25:00", "soon", "8:45"])
def test_an_hour_that_is_over_or_none_is_refused(at: str) -> None:
    with pytest.raises(InvalidError):
        span(at, 20, SEOUL, now=NOW)


@pytest.mark.parametrize("minutes", [0, -20, 15, 600])
def test_a_length_that_is_not_offered_is_refused(minutes: int) -> None:
    with pytest.raises(InvalidError):
        span("", minutes, SEOUL, now=NOW)


def test_an_hour_that_the_clock_shows_twice_is_the_next_to_come() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 for the second time

    assert span("02:30", 20, berlin, now=second).start == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
