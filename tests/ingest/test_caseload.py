"""A team's time with its patients: added up, cut, and looked at (SEC-11 decides who may see)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from ingest.caseload import Caseload, Span, joined, without

ANNA, BEN = UUID(int=1), UUID(int=2)
START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
END = START + 7 * DAY
hours = st.integers(0, 200).map(lambda hour: START + timedelta(hours=hour))
spans = st.lists(st.builds(Span, hours, hours), max_size=6)


def days(first: float, last: float) -> Span:
    return Span(START + first * DAY, START + last * DAY)


LOAD = Caseload(START, END, {ANNA: (days(0, 2), days(4, 7)), BEN: (days(0, 3),)})


@given(spans, spans, hours)
def test_each_instant_is_in_what_is_left_or_in_a_hole(
    times: list[Span], holes: list[Span], at: datetime
) -> None:
    def within(some: list[Span] | tuple[Span, ...]) -> bool:
        return any(each.since <= at < each.until for each in some)

    assert within(joined(times)) == within(times)
    assert within(without(times, holes)) == (within(times) and not within(holes))
    left = without(times, holes)
    assert all(a.until < b.since for a, b in pairwise(left))


def test_an_instant_counts_for_whom_the_team_had_then() -> None:
    assert LOAD.had(ANNA, START)
    assert not LOAD.had(ANNA, START + 2 * DAY)  # the instant of a move is the next team's
    assert LOAD.had(ANNA, START + 4 * DAY)
    assert not LOAD.had(UUID(int=3), START)


def test_the_team_has_at_the_end_who_has_not_left() -> None:
    assert LOAD.has(ANNA)
    assert not LOAD.has(BEN)
    assert not LOAD.has(UUID(int=3))


def test_weeks_are_the_time_itself() -> None:
    assert LOAD.weeks([ANNA, BEN], START, END) == (5 + 3) / 7
    assert LOAD.weeks([ANNA], START + DAY, START + 5 * DAY) == 2 / 7
    assert LOAD.people(START + 3 * DAY, END) == (ANNA,)


def test_times_apart_are_of_every_record_of_a_person() -> None:
    other = UUID(int=9)

    apart = LOAD.apart({ANNA: ANNA, other: ANNA, BEN: BEN}, START + DAY, END)

    assert list(zip(apart.records, apart.since, apart.until, strict=True)) == [
        (ANNA, *days(2, 4)),
        (other, *days(2, 4)),
        (BEN, *days(3, 7)),
    ]
    assert apart.at(other, START + 3 * DAY)
    assert not apart.at(other, START + 4 * DAY)
    assert Caseload.whole([ANNA], START, END).apart({ANNA: ANNA}, START, END).records == []


def test_a_week_that_ends_in_an_hour_shown_twice_still_ends() -> None:
    """In Havana midnight of 1 November 2026 comes twice: instants of such zones equal no other."""
    end = datetime(2026, 11, 1, tzinfo=ZoneInfo("America/Havana"))

    load = Caseload.whole([ANNA], end - 7 * DAY, end)

    assert load.has(ANNA)
    assert load.apart({ANNA: ANNA}, end - 7 * DAY, end).records == []
