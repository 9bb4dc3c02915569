"""Days and hours of many instants at once are those of each by itself, whatever the clocks do."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitoring.local_time import local_times, zone_of

ZONES = st.sampled_from(
    [
        "UTC",
        "Asia/Seoul",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",  # whose clocks change by half an hour
        "Africa/Casablanca",
        "Pacific/Apia",  # which left out a day in 2011
        "+09:30",
        "nowhere",
    ]
)
# 2010 to 2035, to the microsecond, as instants are stored.
MICROSECONDS = st.integers(1_262_304_000_000_000, 2_051_222_400_000_000)


@given(ZONES, st.lists(MICROSECONDS, min_size=1, max_size=50))
def test_local_days_and_hours_are_those_that_a_calendar_gives(name: str, each: list[int]) -> None:
    zone = zone_of(name)
    instants = [microseconds / 1e6 for microseconds in each]
    local = [datetime.fromtimestamp(instant, zone) for instant in instants]

    days, hours = local_times(np.array(instants), zone)

    assert days.tolist() == [at.toordinal() for at in local]
    assert hours.tolist() == [at.hour + at.minute / 60 for at in local]


@given(ZONES, st.integers(0, 365 * 24))
def test_every_minute_around_an_hour_of_a_year_lies_in_its_local_day(name: str, hour: int) -> None:
    zone = zone_of(name)
    begin = 1_293_840_000 + hour * 3600  # 2011
    instants = np.arange(begin, begin + 7200, 60, dtype=np.float64)

    days, _ = local_times(instants, zone)

    assert days.tolist() == [datetime.fromtimestamp(at, zone).toordinal() for at in instants]
