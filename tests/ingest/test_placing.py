from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from core.vitals import Precision
from fhir.observation import When
from ingest.placing import in_future, is_history, known_zone, place

NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
SEOUL, BERLIN = "Asia/Seoul", "Europe/Berlin"


def moment(at: datetime) -> When:
    return When(start=at)


def test_an_instant_keeps_its_moment_whatever_the_zone() -> None:
    at = datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=9)))

    placed = place(moment(at), BERLIN, received=NOW)

    assert placed.effective == datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    assert placed.local_day is None


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        (SEOUL, date(2026, 3, 2), datetime(2026, 3, 1, 15, tzinfo=UTC), 24),
        (BERLIN, date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (BERLIN, date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        ("no/such", date(2026, 3, 2), datetime(2026, 3, 2, tzinfo=UTC), 24),
    ],
)
def test_a_bare_date_is_the_whole_local_day_fhir_13_rel_24(
    zone: str, day: date, start: datetime, hours: int
) -> None:
    placed = place(When(precision=Precision.DAY, day=day), zone, received=NOW)

    assert (placed.effective, placed.local_day) == (start, day)
    assert placed.until == start + timedelta(hours=hours)
    assert placed.precision is Precision.DAY


@pytest.mark.parametrize(
    ("start", "end", "day"),
    [
        # a daily total until midnight belongs to the day that ends there
        (datetime(2026, 3, 1, 15, tzinfo=UTC), datetime(2026, 3, 2, 15, tzinfo=UTC), 2),
        # a night belongs to the day of waking
        (datetime(2026, 3, 1, 13, tzinfo=UTC), datetime(2026, 3, 1, 21, tzinfo=UTC), 2),
    ],
)
def test_a_period_belongs_to_a_local_day(start: datetime, end: datetime, day: int) -> None:
    when = When(precision=Precision.PERIOD, start=start, end=end)

    placed = place(when, SEOUL, received=NOW)

    assert (placed.effective, placed.until) == (start, end)
    assert placed.local_day == date(2026, 3, day)


def test_several_whole_days_are_a_period_until_the_last_midnight() -> None:
    when = When(precision=Precision.PERIOD, day=date(2026, 3, 2), last_day=date(2026, 3, 3))

    placed = place(when, "UTC", received=NOW)

    assert placed.precision is Precision.PERIOD
    assert placed.until == datetime(2026, 3, 4, tzinfo=UTC)


def test_no_time_at_all_is_never_made_up() -> None:
    assert not place(When(sure=False), "UTC", received=NOW).sure


@pytest.mark.parametrize(
    ("ahead", "future"), [(timedelta(minutes=4), False), (timedelta(minutes=6), True)]
)
def test_five_minutes_ahead_are_tolerated_rel_21(
    ahead: timedelta,
    future: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    assert in_future(place(moment(NOW + ahead), "UTC", received=NOW), now=NOW) is future


def test_today_as_a_bare_date_is_not_the_future() -> None:
    today = place(When(precision=Precision.DAY, day=NOW.date()), "UTC", received=NOW)

    assert not in_future(today, now=NOW)


@pytest.mark.parametrize(
    ("age", "declared", "history"),
    [
        (timedelta(days=29), False, False),
        (timedelta(days=31), False, True),
        (timedelta(hours=23), True, False),
        (timedelta(hours=25), True, True),
    ],
)
def test_history_starts_at_30_days_or_for_a_declared_load_at_24_hours(
    age: timedelta,
    declared: bool,  # noqa: FBT001 (a column of the table)
    history: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    placed = place(moment(NOW - age), "UTC", received=NOW)

    assert is_history(placed, declared=declared, now=NOW) is history


@pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "UTC+1"])
def test_a_name_that_is_no_zone_is_known_as_such(name: str) -> None:
    assert not known_zone(name)
    assert known_zone(SEOUL)
