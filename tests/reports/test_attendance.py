from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from reports.adherence import (
    GAP,
    Attendance,
    How,
    Risk,
    adherence,
    by_enrolment,
    risk_of,
    total,
    trend,
)
from reports.rates import Rate
from tests.episodes import ANNA, BEN, WEEK

SUNDAY = WEEK.monday + timedelta(days=6)
EVERY = frozenset(SUNDAY - timedelta(days=n) for n in range(56))


def test_days_before_enrolment_and_away_are_not_expected() -> None:
    """Enrolled on the Wednesday, in hospital on Saturday, measured on Thursday and Friday."""
    known = Attendance(
        days={ANNA: {WEEK.monday + timedelta(days=n) for n in (3, 4)}},
        since={ANNA: WEEK.monday + timedelta(days=2)},
        away={ANNA: {WEEK.monday + timedelta(days=5)}},
    )

    line = adherence([ANNA], known, WEEK, last=SUNDAY)[0]

    assert (line.days, line.possible, line.before, line.gap) == (2, 4, 0, 1)
    assert line.weeks[-2] == Rate(0, 0)
    assert len(line.weeks) == 8


def test_a_week_that_is_not_over_expects_what_has_begun() -> None:
    line = adherence([ANNA], Attendance({ANNA: EVERY}), WEEK, last=WEEK.monday)[0]

    assert (line.days, line.possible) == (1, 1)


def test_a_gap_of_four_expected_days_is_a_risk_and_days_away_are_none() -> None:
    days = frozenset(day for day in EVERY if day <= SUNDAY - timedelta(days=GAP))
    away = frozenset(SUNDAY - timedelta(days=n) for n in range(2))

    left = adherence([ANNA], Attendance({ANNA: days}), WEEK, last=SUNDAY)[0]
    excused = adherence([ANNA], Attendance({ANNA: days}, away={ANNA: away}), WEEK, last=SUNDAY)[0]

    assert (left.gap, left.risk) == (4, Risk.GAP)
    assert (excused.gap, excused.risk) == (2, None)


def test_a_share_that_fell_by_thirty_points_is_a_risk() -> None:
    before = (Rate(7, 7),) * 6

    assert risk_of((*before, Rate(5, 7), Rate(4, 7)), 0) is Risk.FALLING
    assert risk_of((*before, Rate(5, 7), Rate(5, 7)), 0) is None
    assert risk_of((Rate(3, 7), Rate(0, 7)), 0) is None  # nothing is known of before


def test_each_way_of_enrolment_has_its_line() -> None:
    known = Attendance({ANNA: EVERY}, how={ANNA: How.INTEGRATION})

    found = by_enrolment(adherence([ANNA, BEN], known, WEEK, last=SUNDAY))

    assert [(line.how, line.patients, line.days, line.at_risk) for line in found] == [
        (How.INTEGRATION, 1, Rate(7, 7), 0),
        (How.UNKNOWN, 1, Rate(0, 7), 1),
    ]


@given(
    st.lists(st.frozensets(st.sampled_from(sorted(EVERY))), min_size=1, max_size=5),
    st.sampled_from(sorted(EVERY)),
)
def test_weeks_people_and_ways_add_up(days: list[frozenset[date]], last: date) -> None:
    ids = [UUID(int=n + 1) for n in range(len(days))]
    known = Attendance(dict(zip(ids, days, strict=True)))

    lines = adherence(ids, known, WEEK, last=max(last, WEEK.monday))

    assert trend(lines)[-1] == total(Rate(line.days, line.possible) for line in lines)
    assert trend(lines)[-1] == total(line.days for line in by_enrolment(lines))
    assert sum(line.patients for line in by_enrolment(lines)) == len(ids)
    assert all(line.days <= line.possible <= 7 for line in lines)
