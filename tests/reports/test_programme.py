"""The programme's clocks against small worlds that were counted by hand (CMS 2026)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.minutes import Entry, Month, Work, month
from reports.programme import (
    LENGTH,
    PHYSIOLOGIC,
    Clocks,
    Code,
    Facts,
    Lacking,
    Sent,
    Window,
    clocks,
    management,
    set_up,
    supply,
)

BEGUN = date(2026, 11, 1)
LAST = date(2026, 11, 30)  # of the first window, and of the month
NOTHING = Month(0, 0, ())
ONE_OR_THE_OTHER = {Code.FEW_DAYS, Code.MANY_DAYS}
DAYS = st.sets(st.integers(0, 89), max_size=60).map(
    lambda found: {BEGUN + timedelta(days=each) for each in found}
)


def worked(minutes: int, *, live: bool = True) -> Month:
    at = datetime(2026, 11, 3, 9, tzinfo=UTC)
    return month([Entry(UUID(int=1), None, at, minutes, Work.CALL, live)])


def stand(
    days: set[date],
    *,
    on: date = LAST,
    today: date | None = None,
    spent: Month = NOTHING,
    away: bool = False,
) -> Clocks:
    facts = Facts(BEGUN, tuple(map(Sent, days)), spent, LAST, away=away)
    return clocks(facts, on=on, today=today or on)


def first(count: int) -> set[date]:
    return {BEGUN + timedelta(days=each) for each in range(count)}


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (0, None),
        (1, None),
        (2, Code.FEW_DAYS),
        (15, Code.FEW_DAYS),
        (16, Code.MANY_DAYS),
        (30, Code.MANY_DAYS),
    ],
)
def test_days_are_evidence_for_one_code_or_the_other(days: int, code: Code | None) -> None:
    assert supply(days) is code


@pytest.mark.parametrize(
    ("minutes", "contacts", "expected"),
    [
        (9, 1, ()),
        (10, 1, ((Code.TEN_MINUTES, 1),)),
        (19, 1, ((Code.TEN_MINUTES, 1),)),
        (20, 1, ((Code.TWENTY_MINUTES, 1),)),
        (39, 3, ((Code.TWENTY_MINUTES, 1),)),
        (40, 1, ((Code.TWENTY_MINUTES, 1), (Code.EACH_TWENTY, 1))),
        (79, 1, ((Code.TWENTY_MINUTES, 1), (Code.EACH_TWENTY, 2))),
        (80, 1, ((Code.TWENTY_MINUTES, 1), (Code.EACH_TWENTY, 3))),
        (80, 0, ()),  # a month without a live contact
    ],
)
def test_minutes_need_a_live_contact_and_step_at_10_20_40(
    minutes: int, contacts: int, expected: tuple[tuple[Code, int], ...]
) -> None:
    assert management(minutes, contacts) == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 10, 31), None),
        (date(2026, 11, 1), (date(2026, 11, 1), date(2026, 11, 30))),
        (date(2026, 11, 30), (date(2026, 11, 1), date(2026, 11, 30))),
        (date(2026, 12, 1), (date(2026, 12, 1), date(2026, 12, 30))),
        (date(2026, 12, 31), (date(2026, 12, 31), date(2027, 1, 29))),
    ],
)
def test_windows_have_thirty_days_and_follow_without_a_gap(
    on: date, expected: tuple[date, date] | None
) -> None:
    window = Window.of(BEGUN, on)

    assert (window and (window.first, window.last)) == expected


def test_a_day_after_the_window_counts_in_the_next_one() -> None:
    days = first(15) | {date(2026, 12, 1)}

    assert stand(days).reached == ((Code.FEW_DAYS, 1),)
    assert stand(days, on=date(2026, 12, 1)).days == (date(2026, 12, 1),)


def test_the_window_before_stays_in_sight_when_it_is_over() -> None:
    found = stand(first(16) | {date(2026, 12, 1)}, on=date(2026, 12, 1))

    assert found.ended is not None
    assert (found.ended.window.last, found.ended.days) == (LAST, 16)
    assert found.ended.code is Code.MANY_DAYS
    assert stand(first(16)).ended is None


def test_without_any_transmission_there_is_no_window() -> None:
    found = clocks(Facts(None, (), NOTHING, LAST), on=LAST, today=LAST)

    assert found.window is None
    assert found.days == ()
    assert found.set_up is None


def test_the_set_up_has_its_evidence_on_the_second_day_of_a_window_once() -> None:
    assert set_up(BEGUN, {date(2026, 11, 1)}) is None
    assert set_up(BEGUN, {date(2026, 11, 1), date(2026, 11, 9), date(2026, 11, 10)}) == date(
        2026, 11, 9
    )
    # One day in each of two windows are two days, and not two of one window.
    assert set_up(BEGUN, {date(2026, 11, 1), date(2026, 12, 5)}) is None


@pytest.mark.parametrize(
    ("sent", "today", "expected"),
    [
        # 13 days, the last of them yesterday: 3 more in the 3 that are left, today among them.
        (first(13), date(2026, 11, 28), [(Code.MANY_DAYS, 3)]),
        (first(13), date(2026, 11, 29), []),
        # Sent today already: what is left begins tomorrow.
        (first(12) | {date(2026, 11, 28)}, date(2026, 11, 28), []),
        (first(1), date(2026, 11, 10), [(Code.MANY_DAYS, 15)]),
        (first(1), date(2026, 11, 30), [(Code.FEW_DAYS, 1)]),
        (first(16), date(2026, 11, 20), []),
        (first(13), date(2026, 12, 1), []),  # that window is over
    ],
)
def test_days_are_asked_for_while_there_is_time(
    sent: set[date], today: date, expected: list[tuple[Code, int]]
) -> None:
    found = stand(sent, today=today, spent=worked(20))

    assert [(each.code, each.days) for each in found.lacking] == expected
    assert all(each.by == LAST for each in found.lacking)


@pytest.mark.parametrize(
    ("spent", "expected"),
    [
        (worked(2, live=False), Lacking(Code.TEN_MINUTES, LAST, minutes=8, contact=True)),
        (worked(2), Lacking(Code.TEN_MINUTES, LAST, minutes=8)),
        (worked(12), Lacking(Code.TWENTY_MINUTES, LAST, minutes=8)),
        (worked(25, live=False), Lacking(Code.TWENTY_MINUTES, LAST, contact=True)),
        (worked(20), None),
    ],
)
def test_minutes_and_a_contact_are_asked_for_until_the_month_ends(
    spent: Month, expected: Lacking | None
) -> None:
    assert stand(first(16), spent=spent).lacking == ((expected,) if expected else ())
    assert stand(first(16), spent=spent, today=date(2026, 12, 1)).lacking == ()


def test_nobody_who_is_away_is_asked_for_more() -> None:
    assert stand(first(13), today=date(2026, 11, 20)).lacking
    assert stand(first(13), today=date(2026, 11, 20), away=True).lacking == ()


def test_neither_answers_nor_steps_are_physiologic() -> None:
    names = {str(vital) for vital in PHYSIOLOGIC}

    assert {"body_weight", "systolic_bp", "spo2", "glucose", "irregular_rhythm"} <= names
    assert not {"steps", "sleep", "motion", "hub_heartbeat", "breathless", "away"} & names


@given(DAYS, st.integers(0, 89), st.randoms())
def test_the_order_of_readings_changes_nothing(days: set[date], ago: int, rng: object) -> None:
    on, listed = BEGUN + timedelta(days=ago), [Sent(day) for day in sorted(days)] * 2
    rng.shuffle(listed)  # type: ignore[attr-defined]  # Hypothesis's own random
    shuffled = clocks(Facts(BEGUN, tuple(listed), NOTHING, LAST), on=on, today=on)

    assert shuffled == stand(days, on=on)


@given(DAYS, st.integers(0, 89), st.integers(0, 89))
def test_one_more_reading_never_lowers_a_count(days: set[date], ago: int, more: int) -> None:
    on = BEGUN + timedelta(days=ago)
    before = stand(days, on=on)
    after = stand(days | {BEGUN + timedelta(days=more)}, on=on)

    assert set(before.days) <= set(after.days)
    assert len(after.days) <= LENGTH
    order = [None, Code.FEW_DAYS, Code.MANY_DAYS]
    assert order.index(supply(len(after.days))) >= order.index(supply(len(before.days)))
    assert before.set_up is None or (after.set_up and after.set_up <= before.set_up)


@given(DAYS, st.integers(0, 400), st.integers(0, 3))
def test_codes_that_exclude_each_other_never_stand_together(
    days: set[date], minutes: int, contacts: int
) -> None:
    spent = Month(minutes, contacts, ())
    reached = {code for code, _ in stand(days, spent=spent).reached}

    assert len(reached & ONE_OR_THE_OTHER) <= 1
    assert not reached >= {Code.TEN_MINUTES, Code.TWENTY_MINUTES}
    assert contacts or not reached - ONE_OR_THE_OTHER
    assert Code.EACH_TWENTY not in reached or Code.TWENTY_MINUTES in reached


@given(st.integers(0, 200), st.integers(0, 120), st.integers(0, 2))
def test_more_minutes_never_lower_what_they_are_evidence_for(
    minutes: int, more: int, contacts: int
) -> None:
    def units(spent: int) -> int:
        weights = {Code.TEN_MINUTES: 1, Code.TWENTY_MINUTES: 2, Code.EACH_TWENTY: 2}
        return sum(weights[code] * count for code, count in management(spent, contacts))

    assert units(minutes + more) >= units(minutes)
