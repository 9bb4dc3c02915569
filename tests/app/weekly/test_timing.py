"""When a report is due: by the team's clock, on the days the clocks change too, holidays or not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from app.weekly.timing import GRACE, LOOK_BACK, begin_at, due_at, is_late, missing
from reports.week import Week

SEVEN = "07:00"
WEEK = timedelta(weeks=1)


@pytest.mark.parametrize(
    ("zone", "monday", "due"),
    [
        # Berlin: clocks go forward on 29 March and back on 25 October 2026, both Sundays.
        ("Europe/Berlin", date(2026, 3, 16), "2026-03-23T06:00Z"),
        ("Europe/Berlin", date(2026, 3, 23), "2026-03-30T05:00Z"),
        ("Europe/Berlin", date(2026, 10, 19), "2026-10-26T06:00Z"),
        # New York: 8 March and 1 November 2026.
        ("America/New_York", date(2026, 3, 2), "2026-03-09T11:00Z"),
        ("America/New_York", date(2026, 10, 26), "2026-11-02T12:00Z"),
        # Seoul has no daylight saving.
        ("Asia/Seoul", date(2026, 3, 23), "2026-03-29T22:00Z"),
        ("Asia/Seoul", date(2026, 10, 19), "2026-10-25T22:00Z"),
    ],
)
def test_a_report_is_due_at_seven_by_the_teams_own_clock_rel_24(
    zone: str, monday: date, due: str
) -> None:
    found = due_at(monday, ZoneInfo(zone), SEVEN)

    assert found == datetime.fromisoformat(due)
    local = found.astimezone(ZoneInfo(zone))
    assert (local.weekday(), local.hour, local.minute) == (0, 7, 0)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Seoul", "America/New_York"])
def test_each_week_of_a_year_is_due_once_and_none_is_skipped_rel_24(zone: str) -> None:
    mondays = [date(2026, 1, 5) + n * WEEK for n in range(52)]

    dues = [due_at(monday, ZoneInfo(zone), SEVEN) for monday in mondays]

    apart = {later - earlier for earlier, later in pairwise(dues)}
    assert apart <= {WEEK, WEEK - timedelta(hours=1), WEEK + timedelta(hours=1)}
    assert len({each.astimezone(ZoneInfo(zone)).date() for each in dues}) == 52


@pytest.mark.parametrize("hour", ["00:00", "01:30", "07:00"])
def test_a_report_is_begun_before_its_hour_and_after_its_week(hour: str) -> None:
    zone, monday = ZoneInfo("Europe/Berlin"), date(2026, 10, 19)

    begin = begin_at(monday, zone, hour)

    assert Week(monday, zone).end <= begin <= due_at(monday, zone, hour)


def test_late_is_what_comes_after_the_grace() -> None:
    due = datetime(2026, 11, 30, 7, tzinfo=UTC)

    assert not is_late(due - timedelta(hours=2), due)
    assert not is_late(due + GRACE, due)
    assert is_late(due + GRACE + timedelta(seconds=1), due)


MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("last", "had_people", "expected"),
    [
        (MONDAY, True, 0),  # nothing is missing
        (MONDAY - WEEK, True, 1),  # the week that runs
        (MONDAY - 4 * WEEK, True, 4),
        (MONDAY - 60 * WEEK, True, LOOK_BACK + 1),  # no more are made up for
        (None, False, 1),
        (None, True, 2),  # a team that was there before its reports were
    ],
)
def test_the_weeks_that_are_missing_are_made_up_for_in_their_order_rel_32(
    last: date | None, expected: int, *, had_people: bool
) -> None:
    found = list(missing(MONDAY, last, had_people=had_people))

    assert found == [MONDAY - n * WEEK for n in reversed(range(expected))]
