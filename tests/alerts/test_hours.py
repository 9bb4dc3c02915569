from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alerts.hours import Holidays, Hours, Place, Stretch, read_hours, spoken
from core.errors import InvalidError
from ingest.weekly import span

HOURS = read_hours(
    {
        "in_hours": [
            {"days": "mon-fri", "from": "08:00", "to": "18:00", "holidays": "never"},
            {"days": "sat", "from": "09:00", "to": "12:00"},
        ],
        "off_hours": {"not": "in_hours"},
        "holiday": {"from": "00:00", "to": "24:00", "holidays": "only"},
    }
)
SEOUL = Place("seoul", "Asia/Seoul", {date(2026, 3, 2): "substitute holiday"})


def at(text: str, zone: str = "Asia/Seoul") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("when", "named"),
    [
        ("2026-03-03T08:00", {"in_hours"}),
        ("2026-03-03T18:00", {"off_hours"}),
        ("2026-03-07T09:30", {"in_hours"}),
        ("2026-03-07T12:00", {"off_hours"}),
        ("2026-03-02T10:00", {"off_hours", "holiday"}),  # a Monday that is a holiday
    ],
)
def test_named_hours_hold_by_the_clock_and_the_holidays_of_the_place(
    when: str, named: set[str]
) -> None:
    assert {name for name, hours in HOURS.items() if hours.holds(at(when), SEOUL)} == named


def test_the_same_instant_is_in_hours_in_one_place_and_off_hours_in_another() -> None:
    instant = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)

    assert HOURS["in_hours"].holds(instant, SEOUL)
    assert HOURS["off_hours"].holds(instant, Place("berlin", "Europe/Berlin"))


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
        ("Asia/Seoul", date(2026, 3, 29)),
    ],
)
def test_hours_and_all_the_others_make_every_instant_once_when_clocks_change_rel_24(
    zone: str, day: date
) -> None:
    place = Place("here", zone)
    night = Hours("night", (Stretch(span("", "01:30", "02:30")),))
    rest = Hours("rest", night.stretches, inverse=True)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=14)

    for quarter in range(4 * 52):
        instant = start + timedelta(minutes=15 * quarter)
        assert night.holds(instant, place) is not rest.holds(instant, place)


def test_a_place_without_cover_says_when_somebody_reads_again() -> None:
    ward = Place(
        "ward",
        "Asia/Seoul",
        {date(2026, 3, 9): "holiday"},
        (Stretch(span("mon-fri", "08:00", "18:00"), Holidays.NEVER),),
    )

    assert ward.reads_again(at("2026-03-06T10:00")) is None
    # Friday evening; Monday is a holiday.
    assert ward.reads_again(at("2026-03-06T18:00")) == at("2026-03-10T08:00")
    assert Place("always", "UTC").reads_again(at("2026-03-06T18:00")) is None


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ({"x": {"not": "y"}}, "'y'"),
        ({"no_cover": [{"from": "00:00", "to": "24:00"}]}, "built in"),
        ({"x": [{"days": "funday", "from": "00:00", "to": "24:00"}]}, "'funday'"),
    ],
)
def test_hours_that_nobody_could_mean_are_refused(source: dict[str, object], wrong: str) -> None:
    with pytest.raises(InvalidError, match=wrong):
        read_hours(source)


def test_a_time_is_said_with_its_weekday() -> None:
    zone = ZoneInfo("Asia/Seoul")

    assert spoken(at("2026-03-07T02:00"), at("2026-03-07T06:00"), zone) == (
        "Saturday 02:00\u201306:00"
    )
    assert spoken(at("2026-03-07T22:00"), at("2026-03-08T06:00"), zone) == (
        "Saturday 22:00\u2013Sunday 06:00"
    )
    assert spoken(at("2026-03-07T22:00"), at("2026-03-08T00:00"), zone) == (
        "Saturday 22:00\u201324:00"
    )
