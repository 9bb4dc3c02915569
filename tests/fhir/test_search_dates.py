from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir.search_dates import BEGINNING, END, Prefix, Sought, Span, effective_span, read_sought
from fhir.search_dates import span_of as span

NOW = datetime(2026, 3, 22, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SPANS = {
    "2026": ("2026-01-01", "2027-01-01"),
    "2026-12": ("2026-12-01", "2027-01-01"),
    "2026-02": ("2026-02-01", "2026-03-01"),
    "2026-03-02": ("2026-03-02", "2026-03-03"),
    "2026-03-02T10:30Z": ("2026-03-02T10:30", "2026-03-02T10:31"),
    "2026-03-02T10:30:05Z": ("2026-03-02T10:30:05", "2026-03-02T10:30:06"),
    "2026-03-02T10:30:05.5Z": ("2026-03-02T10:30:05.5", "2026-03-02T10:30:05.6"),
    "2026-03-02T10:30:05+02:00": ("2026-03-02T08:30:05", "2026-03-02T08:30:06"),
    "2026-12-31T23:59:60Z": ("2027-01-01", "2027-01-01T00:00:01"),
}


@pytest.mark.parametrize("text", SPANS)
def test_a_date_is_the_whole_span_of_its_precision_fhir_11(text: str) -> None:
    start, end = SPANS[text]

    assert span(text, UTC) == Span(at(start), at(end))


def test_a_text_without_zone_is_read_in_the_declared_zone() -> None:
    assert span("2026-03-02", SEOUL) == Span(at("2026-03-01T15:00"), at("2026-03-02T15:00"))


@pytest.mark.parametrize(
    "text",
    ["", "26", "2026-13", "2026-02-30", "2026-03-02T24:00Z", "2026-03-02T10Z", "a92026", "x",
     "GE2026", "2026-03-02 10:00Z", "ge", "9999", "0000", "2026-03-02T10:00:00+99:00"],
)  # fmt: skip
def test_what_is_no_date_or_no_served_prefix_is_malformed(text: str) -> None:
    assert read_sought(text, UTC, NOW) is None


def test_a_plus_that_a_form_turned_into_a_space_is_still_a_zone() -> None:
    sent = read_sought("ge2026-03-02T10:00:00 02:00", UTC, NOW)

    assert sent == read_sought("ge2026-03-02T10:00:00+02:00", UTC, NOW)


# The R4 table: a day is sought; resources before, at its edges, within, across and after.
DAY = "2026-03-02"
TABLE: dict[str, set[str]] = {
    "2026-02-27": {"ne", "lt", "le", "eb"},  # ap: the day, 1.9 days wider on both sides
    "2026-03-01": {"ne", "lt", "le", "eb", "ap"},
    "2026-03-02": {"eq", "ge", "le", "ap"},
    "2026-03-02T00:00:00Z": {"eq", "ge", "le", "ap"},
    "2026-03-02T23:59:59Z": {"eq", "ge", "le", "ap"},
    "2026-03-03T00:00:00Z": {"ne", "gt", "ge", "sa", "ap"},
    "2026-03": {"ne", "gt", "lt", "ge", "le", "ap"},
}


@pytest.mark.parametrize("target", TABLE)
def test_each_prefix_compares_ranges_fhir_11(target: str) -> None:
    held = effective_span({"effectiveDateTime": target}, UTC)

    assert held is not None
    fitting = {p for p in Prefix if (s := read_sought(p + DAY, UTC, NOW)) and s.fits(held)}
    assert fitting == {Prefix(each) for each in TABLE[target]}


PERIODS: list[tuple[dict[str, Any], Span | None]] = [
    (
        {"effectivePeriod": {"start": "2026-03-01", "end": "2026-03-02"}},
        Span(at("2026-03-01"), at("2026-03-03")),
    ),
    ({"effectivePeriod": {"start": "2026-03-01"}}, Span(at("2026-03-01"), END)),
    ({"effectivePeriod": {"end": "2026-03-01"}}, Span(BEGINNING, at("2026-03-02"))),
    ({"effectivePeriod": {}}, None),
    ({"effectiveTiming": {"event": ["2026-03", "2026-01-05"]}}, Span(at("2026-01-05"), at("2026-04-01"))),  # noqa: E501
    ({"effectiveTiming": {"repeat": {"count": 1}}}, None),
    ({"effectiveInstant": "2026-03-01T00:00:00Z"}, Span(at("2026-03-01"), at("2026-03-01T00:00:01"))),  # noqa: E501
    ({}, None),
]  # fmt: skip


@pytest.mark.parametrize(("observation", "expected"), PERIODS)
def test_a_resources_time_is_a_span_too(observation: dict[str, Any], expected: Span | None) -> None:
    assert effective_span(observation, UTC) == expected


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, 9))
    end = draw(st.integers(start + 1, 10))
    base = at("2026-03-02")
    return Span(base + timedelta(hours=start), base + timedelta(hours=end))


@given(sought=spans(), target=spans())
def test_the_prefixes_are_consistent_with_each_other(sought: Span, target: Span) -> None:
    fits = {prefix: Sought(prefix, sought).fits(target) for prefix in Prefix}

    assert fits[Prefix.NE] is not fits[Prefix.EQ]
    assert fits[Prefix.GE] == (fits[Prefix.GT] or fits[Prefix.EQ])
    assert fits[Prefix.LE] == (fits[Prefix.LT] or fits[Prefix.EQ])
    assert fits[Prefix.GT] or not fits[Prefix.SA]
    assert fits[Prefix.LT] or not fits[Prefix.EB]
