from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidError
from ingest.weekly import DAY, EVERY_DAY, Span, minutes, span, weekdays

# Both change days of 2026 in two zones, one on each side of the world, and one that has none.
ZONES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),  # by half an hour
    "Asia/Seoul": (date(2026, 3, 29), date(2026, 10, 25)),
}
CHANGES = [(zone, day) for zone, days in ZONES.items() for day in days]


def instants(day: date, zone: ZoneInfo) -> list[datetime]:
    """Every ten minutes from the noon before a day to the noon after it."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return [start + timedelta(minutes=10 * n) for n in range(-72, 72 * 3)]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@given(cut=st.integers(0, DAY - 1), other=st.integers(0, DAY - 1))
def test_shifts_that_meet_on_the_clock_never_leave_a_hole_when_clocks_change_rel_24(
    zone: str, day: date, cut: int, other: int
) -> None:
    first, last = sorted((cut, other)) if cut != other else (0, cut or 1)
    place = ZoneInfo(zone)
    shifts = [Span(EVERY_DAY, first, last), Span(EVERY_DAY, last, first)]

    held = [sum(s.day_of(at, place) is not None for s in shifts) for at in instants(day, place)]

    assert min(held) >= 1


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_a_night_lasts_as_long_as_the_clocks_of_its_zone_make_it_rel_24(
    zone: str, day: date
) -> None:
    place = ZoneInfo(zone)
    start, end = Span(EVERY_DAY, 22 * 60, 7 * 60).on(day - timedelta(days=1), place)
    before, after = (at.astimezone(place).utcoffset() or timedelta() for at in (start, end))

    assert end - start == timedelta(hours=9) + before - after
    assert (start.astimezone(place).hour, end.astimezone(place).hour) == (22, 7)


def test_a_span_over_midnight_belongs_to_the_day_on_which_it_starts() -> None:
    night, seoul = span("fri", "22:00", "07:00"), ZoneInfo("Asia/Seoul")

    assert night.day_of(datetime(2026, 3, 6, 21, 30, tzinfo=UTC), seoul) == date(2026, 3, 6)
    assert night.day_of(datetime(2026, 3, 6, 22, 0, tzinfo=UTC), seoul) is None
    assert night.day_of(datetime(2026, 3, 5, 14, 0, tzinfo=UTC), seoul) is None


def test_days_are_read_as_people_write_them() -> None:
    assert weekdays(["fri-mon"], field="days") == {4, 5, 6, 0}
    assert weekdays([""], field="days") == EVERY_DAY
    assert span("mon-fri", "08:00", "18:00").words() == "mon-fri 08:00\u201318:00"
    assert minutes("24:00", "to") == DAY


@pytest.mark.parametrize(
    ("days", "start", "wrong"),
    [("someday", "08:00", "'someday'"), ("mon", "8", "'8'"), ("mon", "25:00", "'25:00'")],
)
def test_what_is_no_day_and_no_time_is_refused_by_name(days: str, start: str, wrong: str) -> None:
    with pytest.raises(InvalidError, match=wrong) as refused:
        span(days, start, "18:00", field="hours.x")

    assert refused.value.field == "hours.x"
