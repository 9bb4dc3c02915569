"""A small world whose numbers were worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidError
from core.vitals import Severity
from monitoring.findings import Problem
from reports.adherence import Risk
from reports.silence import Why
from reports.week import Week
from reports.weekly import Change, Episode, Rate, Report, World, weekly
from tests.episodes import ANNA, BEN, CARLA, DOCTOR, DORA, LATER, WEEK, alert

if TYPE_CHECKING:
    import random

THIS = (
    alert(ANNA, Severity.RED, 1, taken=10, closed=2, outcome="true-actionable"),
    alert(ANNA, Severity.AMBER, 1, taken=300, closed=3, outcome="true-no-action-needed"),
    alert(BEN, Severity.YELLOW, 2, taken=60, closed=4, outcome="false-measurement"),
    alert(CARLA, Severity.RED, 5, taken=20, problem=Problem.BREATHING),
    alert(DORA, Severity.DQ, 3, problem=Problem.SILENCE),
)
BEFORE = (alert(BEN, Severity.AMBER, -5, taken=30, closed=-2),)
DAYS = {
    ANNA: frozenset(WEEK.monday + timedelta(days=n) for n in range(-3, 7)),
    BEN: frozenset({WEEK.monday, date(2026, 11, 23)}),
    CARLA: frozenset(WEEK.monday + timedelta(days=n) for n in range(7)),
}
WORLD = World(
    patients=(ANNA, BEN, CARLA, DORA),
    episodes=THIS,
    before=BEFORE,
    days=DAYS,
    last={
        ANNA: WEEK.end - timedelta(hours=1),
        BEN: WEEK.end - timedelta(hours=48),
        CARLA: WEEK.end - timedelta(hours=47),
    },
)


def report() -> Report:
    return weekly(WORLD, WEEK, now=LATER)


def test_people_come_first_by_what_changed() -> None:
    found = report()

    assert found.worse == (
        Change(ANNA, Severity.RED, None),
        Change(CARLA, Severity.RED, None),
    )
    assert found.better == ()
    assert [(s.patient_id, s.why) for s in found.silent] == [(BEN, Why.NOTHING), (DORA, Why.NEVER)]
    assert [e.patient_id for e in found.still_open] == [DORA, CARLA]


def test_who_is_silent_is_not_said_to_be_better() -> None:
    """Ben's AMBER became YELLOW: better where he measured, and nothing where he fell silent."""
    measured = replace(WORLD, last={**WORLD.last, BEN: WEEK.end - timedelta(hours=47)})

    assert weekly(measured, WEEK, now=LATER).better == (
        Change(BEN, Severity.YELLOW, Severity.AMBER),
    )
    assert report().better == ()


def test_of_who_died_nothing_is_expected_any_more() -> None:
    """Ben last measured on the Monday: no day after it is missed, and he drops out of nothing."""
    known = replace(WORLD, last={BEN: WEEK.start + timedelta(hours=9)})
    alive = {line.patient_id: line for line in weekly(known, WEEK, now=LATER).adherence}[BEN]
    dead = replace(known, died=frozenset({BEN}))

    line = {each.patient_id: each for each in weekly(dead, WEEK, now=LATER).adherence}[BEN]

    assert (alive.possible, alive.gap, alive.risk) == (7, 6, Risk.GAP)
    assert (line.days, line.possible, line.gap, line.risk) == (1, 1, 0, None)


def test_alerts_are_counted_by_tier_with_their_waits() -> None:
    tiers = {line.severity: line for line in report().tiers}

    assert tiers[Severity.RED].opened == 2
    assert tiers[Severity.RED].median == timedelta(minutes=15)
    assert tiers[Severity.RED].on_time == Rate(1, 2)
    assert tiers[Severity.AMBER].on_time == Rate(0, 1)
    assert tiers[Severity.YELLOW].on_time == Rate(1, 1)
    assert tiers[Severity.DQ].on_time == Rate(0, 0)


def test_predictive_values_are_named_and_leave_the_unsure_apart() -> None:
    found = report()
    unsure = alert(BEN, Severity.AMBER, 3, taken=5, closed=4, outcome="unsure")
    more = World(WORLD.patients, (*THIS, unsure), BEFORE, DAYS, WORLD.last)

    assert found.actionable == Rate(1, 3)
    assert found.ppv == Rate(2, 3)
    assert found.ppv.few
    assert weekly(more, WEEK, now=LATER).ppv == Rate(2, 3)


def test_workload_and_adherence_are_counted() -> None:
    found = report()

    assert (found.opened, found.closed, found.grave) == (5, 3, 3)
    assert found.per_clinician == {DOCTOR: 4}
    assert [(a.patient_id, a.days, a.before) for a in found.adherence] == [
        (DORA, 0, 0),
        (BEN, 1, 0),
        (CARLA, 7, 0),
        (ANNA, 7, 3),
    ]
    assert found.possible_days == 7


def test_a_week_that_is_not_over_counts_what_has_been() -> None:
    found = weekly(WORLD, WEEK, now=WEEK.start + timedelta(days=2, hours=12))

    assert found.possible_days == 3
    assert found.opened == 3


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rng: random.Random) -> None:
    shuffled = World(
        tuple(rng.sample(WORLD.patients, 4)),
        tuple(rng.sample(THIS, len(THIS))),
        BEFORE,
        DAYS,
        WORLD.last,
    )

    found, expected = weekly(shuffled, WEEK, now=LATER), report()

    assert found.tiers == expected.tiers
    assert found.problems == expected.problems
    assert found.worse == expected.worse
    assert found.adherence == expected.adherence
    assert set(found.silent) == set(expected.silent)


@given(st.lists(st.sampled_from([*THIS, *BEFORE]), max_size=30))
def test_tiers_and_problems_add_up_to_the_whole(episodes: list[Episode]) -> None:
    world = World(WORLD.patients, tuple(episodes), (), {}, {})

    found = weekly(world, WEEK, now=LATER)

    assert sum(line.opened for line in found.tiers) == found.opened
    assert sum(line.opened for line in found.problems) == found.opened
    assert sum(found.outcomes.values()) <= found.opened


@pytest.mark.parametrize(
    "text", ["2026-47", "2026-W54", "2026-W00", "w", "2026-W4", "\uff12026-W01"]
)
def test_a_week_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        Week.parse(text, zone=UTC)


def test_a_week_is_not_168_hours_where_the_clock_changes() -> None:
    new_york = ZoneInfo("America/New_York")

    week = Week.parse("2026-W44", zone=new_york)

    assert str(week) == "2026-W44"
    assert week.end.astimezone(UTC) - week.start.astimezone(UTC) == timedelta(hours=169)
    assert Week.of(datetime(2026, 11, 2, 4, tzinfo=UTC), zone=new_york) == week
