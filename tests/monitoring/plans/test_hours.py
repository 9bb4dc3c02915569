from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.plans.hours import DAYS, ServiceHours

LONDON = ZoneInfo("Europe/London")
DAILY = ServiceHours(opens=time(9), closes=time(20, 50))
WEEKDAYS = ServiceHours(opens=time(9), closes=time(17), days=DAYS[:5])


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=LONDON)  # type: ignore[arg-type,misc]  # year to minute


@pytest.mark.parametrize(
    ("hours", "at", "read"),
    [
        (DAILY, local(2026, 5, 4, 12, 0), local(2026, 5, 4, 12, 0)),
        (DAILY, local(2026, 5, 4, 9, 0), local(2026, 5, 4, 9, 0)),
        (DAILY, local(2026, 5, 4, 20, 49), local(2026, 5, 4, 20, 49)),
        (DAILY, local(2026, 5, 4, 20, 50), local(2026, 5, 5, 9, 0)),
        (DAILY, local(2026, 5, 4, 23, 59), local(2026, 5, 5, 9, 0)),
        (DAILY, local(2026, 5, 5, 0, 14), local(2026, 5, 5, 9, 0)),
        (DAILY, local(2026, 5, 5, 8, 59), local(2026, 5, 5, 9, 0)),
        (WEEKDAYS, local(2026, 5, 8, 18, 0), local(2026, 5, 11, 9, 0)),  # Friday evening
        (WEEKDAYS, local(2026, 5, 10, 12, 0), local(2026, 5, 11, 9, 0)),  # Sunday
        (DAILY, local(2026, 10, 24, 22, 0), local(2026, 10, 25, 9, 0)),  # the clocks go back
        (DAILY, local(2026, 3, 28, 22, 0), local(2026, 3, 29, 9, 0)),  # and forward
    ],
)
def test_what_arises_outside_the_hours_is_read_at_the_next_opening(
    hours: ServiceHours, at: datetime, read: datetime
) -> None:
    assert hours.dealt_with(at.astimezone(UTC), LONDON) == read.astimezone(UTC)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.sampled_from([DAILY, WEEKDAYS]))  # noqa: DTZ001 (made aware below)
def test_nothing_is_read_before_it_arises_or_more_than_four_days_later(
    at: datetime, hours: ServiceHours
) -> None:
    arisen = at.replace(tzinfo=UTC)

    read = hours.dealt_with(arisen, LONDON)

    assert arisen <= read <= arisen + timedelta(days=4)
    assert hours.dealt_with(read, LONDON) == read
