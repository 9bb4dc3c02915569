from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Precision
from fhir.moments import backwards, day, effective, moment, well_formed
from tests.fhir.payloads import accepted, observation, refused

CEST = timezone(timedelta(hours=2))
MOMENTS = {
    "2026-05-04T08:00:00Z": datetime(2026, 5, 4, 8, tzinfo=UTC),
    "2026-05-04T08:00:00+02:00": datetime(2026, 5, 4, 8, tzinfo=CEST),
    "2026-05-04T08:00:00-00:00": datetime(2026, 5, 4, 8, tzinfo=UTC),
    "2026-05-04T08:00:00.5Z": datetime(2026, 5, 4, 8, 0, 0, 500_000, tzinfo=UTC),
    "2026-05-04T08:00:00.123456789Z": datetime(2026, 5, 4, 8, 0, 0, 123_456, tzinfo=UTC),
    "2026-12-31T23:59:60Z": datetime(2027, 1, 1, tzinfo=UTC),
    "2026-05-04T23:59:59.999999999+14:00": datetime(
        2026, 5, 4, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=14))
    ),
}
NOT_FHIR = (
    "2026-05-04T08:00:00",
    "2026-05-04T08:00Z",
    "2026-05-04T08",
    "2026-05-04T24:00:00Z",
    "2026-13-04",
    "2026-13",
    "2026-02-30",
    "2026-02-30T08:00:00Z",
    "2026-05-04T08:00:61Z",
    "2026-05-04T08:00:00+15:00",
    "2026-05-04 08:00:00Z",
    "20260504T080000Z",
    "04/05/2026",
    "${DATE(now)}",
    "0000",
    "\uff12\uff10\uff12\uff16-05-04",
    "2026-05-04\n",
)


@pytest.mark.parametrize(("text", "expected"), MOMENTS.items())
def test_a_full_time_is_an_instant_with_its_offset_fhir_13(text: str, expected: datetime) -> None:
    found = moment(text)

    assert found == expected
    assert found is not None
    assert found.utcoffset() == expected.utcoffset()
    assert accepted(observation(effectiveDateTime=text)).when.start == expected


@pytest.mark.parametrize("text", NOT_FHIR)
def test_what_is_not_a_fhir_time_is_400_fhir_13(text: str) -> None:
    answer = refused(observation(effectiveDateTime=text))

    assert not well_formed(text)
    assert moment(text) is None
    assert answer.status == 400
    assert answer.issues[0].expression == "Observation.effectiveDateTime"


@pytest.mark.parametrize("text", ["2026", "2026-05"])
def test_a_year_or_month_is_fhir_but_no_time_of_a_vital_sign_vs_1(text: str) -> None:
    answer = refused(observation(effectiveDateTime=text))

    assert well_formed(text)
    assert (answer.status, answer.issues[0].expression) == (422, "Observation.effective")
    assert accepted(observation("718-7", effectiveDateTime=text)).measurements == ()


def test_a_date_alone_is_the_whole_day_and_never_midnight_fhir_13() -> None:
    when = accepted(observation(effectiveDateTime="2026-05-04")).when

    assert when.precision is Precision.DAY
    assert (when.start, when.day) == (None, date(2026, 5, 4))


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_that_no_device_lived_in_never_overflow(text: str) -> None:
    assert refused(observation(effectiveDateTime=text)).status == 422
    assert accepted(observation(issued=text)).issued is None


PERIOD_START, PERIOD_END = "2026-05-04T08:00:00Z", "2026-05-04T08:10:00Z"


def test_a_period_is_read_by_both_its_ends_fhir_13() -> None:
    when = effective({"effectivePeriod": {"start": PERIOD_START, "end": PERIOD_END}})

    assert when is not None
    assert (when.precision, when.start, when.end) == (
        Precision.PERIOD,
        moment(PERIOD_START),
        moment(PERIOD_END),
    )
    assert when.sure


def test_a_period_of_one_whole_day_is_that_day() -> None:
    when = effective({"effectivePeriod": {"start": "2026-05-04", "end": "2026-05-04"}})
    longer = effective({"effectivePeriod": {"start": "2026-05-04", "end": "2026-05-06"}})

    assert when is not None
    assert longer is not None
    assert (when.precision, when.day) == (Precision.DAY, date(2026, 5, 4))
    assert (longer.day, longer.last_day) == (date(2026, 5, 4), date(2026, 5, 6))


def test_a_period_without_end_is_open_and_not_sure_fhir_13() -> None:
    when = effective({"effectivePeriod": {"start": PERIOD_START}})

    assert when is not None
    assert when.open_ended
    assert not when.sure


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        (PERIOD_END, PERIOD_START, True),
        (PERIOD_START, PERIOD_START, False),
        ("2026-05-04", "2026-05-03", True),
        ("2026-05-04", "2026-05", False),
        ("2026", "2025-12-31T00:00:00Z", True),
        ("2026-05-04T10:00:00+02:00", "2026-05-04T09:00:00Z", False),
    ],
)
def test_a_period_runs_forwards_per_1(start: str, end: str, *, wrong: bool) -> None:
    assert backwards({"start": start, "end": end}) is wrong


@given(st.datetimes(datetime(1900, 1, 2), datetime(2999, 12, 30), timezones=st.just(CEST)))  # noqa: DTZ001  # Hypothesis wants naive bounds
def test_every_instant_survives_writing_and_reading_fhir_13(at: datetime) -> None:
    assert moment(at.isoformat()) == at


@given(st.dates(date(1900, 1, 1), date(2999, 12, 31)))
def test_every_day_survives_writing_and_reading_fhir_13(on: date) -> None:
    assert day(on.isoformat()) == on
    assert moment(on.isoformat()) is None


@given(st.text("0123456789-:TZ+. ", max_size=30))
def test_no_text_makes_the_reading_of_time_fail_fhir_13(text: str) -> None:
    if moment(text) or day(text):
        assert well_formed(text)
