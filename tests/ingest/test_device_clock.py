from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Precision
from fhir.measurement import When
from ingest.device_clock import DeviceClock, clock_of, shift, shifted, told

NOW = datetime(2026, 3, 30, 12, 0, tzinfo=UTC)
MINUTES, HOURS, DAYS = (timedelta(**{unit: 1}) for unit in ("minutes", "hours", "days"))
IN_1970 = datetime(1970, 1, 1, 0, 10, tzinfo=UTC) - NOW


def when(ago: timedelta) -> When:
    return When(start=NOW - ago)


@pytest.mark.parametrize(
    ("ago", "ahead", "moved"),
    [
        (-4 * MINUTES, 14 * MINUTES, False),  # within the tolerance: as it is
        (-6 * MINUTES, 16 * MINUTES, True),
        (-2 * DAYS, 2 * DAYS + 10 * MINUTES, True),
        (10 * MINUTES - IN_1970, IN_1970, True),
        (10 * MINUTES, 2 * DAYS, False),  # its gateway has corrected it already
        (3 * HOURS, -3 * HOURS, False),  # may have been taken then
        (40 * DAYS, -2 * DAYS, False),  # an old reading, and a clock that was nearly right
        (-2 * DAYS, 3 * MINUTES, False),  # the clock does not explain it
        (-2 * DAYS, 90 * DAYS, False),  # nor does this
    ],
)
def test_only_a_time_that_cannot_be_is_moved_by_the_clock_that_explains_it_rel_21(
    ago: timedelta,
    ahead: timedelta,
    moved: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    by = shift(when(ago), DeviceClock(ahead, NOW), now=NOW)

    assert by == (ahead if moved else timedelta(0))


@pytest.mark.parametrize("read", [NOW - 25 * HOURS, NOW + 6 * MINUTES])
def test_a_clock_read_long_ago_or_in_the_future_moves_nothing_rel_21(read: datetime) -> None:
    clock = DeviceClock(2 * DAYS, read)

    assert not shift(when(-2 * DAYS + 10 * MINUTES), clock, now=NOW)


def test_without_a_clock_or_a_time_nothing_is_moved_rel_21() -> None:
    clock = DeviceClock(2 * DAYS, NOW)

    assert not shift(when(-2 * DAYS), None, now=NOW)
    assert not shift(When(precision=Precision.DAY, day=NOW.date()), clock, now=NOW)
    assert clock_of(None, NOW) is None
    assert clock_of(NOW, None) is None


def test_a_coincident_timestamp_is_the_devices_time_minus_the_gateways_rel_21() -> None:
    assert clock_of(NOW + 90 * MINUTES, NOW) == DeviceClock(90 * MINUTES, NOW)


def test_both_ends_of_a_period_are_moved_and_the_sender_is_told_by_how_much_rel_21() -> None:
    span = When(Precision.PERIOD, start=NOW, end=NOW + HOURS)

    assert shifted(span, HOURS) == When(Precision.PERIOD, start=NOW - HOURS, end=NOW)
    assert "3600 s ahead" in told(HOURS).text
    assert "60 s behind" in told(-MINUTES).text


@given(st.timedeltas(-80 * 365 * DAYS, 5 * DAYS), st.timedeltas(-80 * 365 * DAYS, 5 * DAYS))
def test_what_is_moved_ends_neither_in_the_future_nor_in_history_rel_21(
    ago: timedelta, ahead: timedelta
) -> None:
    by = shift(when(ago), DeviceClock(ahead, NOW), now=NOW)
    found = shifted(when(ago), by).start

    assert found is not None
    assert not by or NOW - 30 * DAYS <= found <= NOW + 5 * MINUTES
