"""The report as a whole: its parts add up, no order matters, and it is kept as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.vitals import Severity
from monitoring.findings import Problem
from reports.behind import Which, alerts_behind
from reports.burden import Told, Work
from reports.changes import Kind, Made, Past, Spoke
from reports.overdue import Due
from reports.overdue import Kind as Late
from reports.week import Week
from reports.weekly import Report, World, weekly
from tests.episodes import ANNA, BEN, CARLA, DOCTOR, DORA, LATER, NURSE, WEEK, alert

if TYPE_CHECKING:
    import random

    from reports.episodes import Episode

PEOPLE = (ANNA, BEN, CARLA, DORA)
END = WEEK.end


@st.composite
def episodes(draw: st.DrawFn) -> Episode:
    made = alert(
        draw(st.sampled_from(PEOPLE)),
        draw(st.sampled_from(list(Severity))),
        draw(st.floats(0, 6.99)),
        taken=draw(st.none() | st.integers(1, 6000)),
        reached=draw(st.none() | st.integers(1, 6000)),
        closed=draw(st.none() | st.floats(6.99, 9)),
        outcome=draw(st.sampled_from(["", "true-actionable", "false-measurement", "unsure"])),
        problem=draw(st.sampled_from(list(Problem))),
        owner=draw(st.sampled_from([DOCTOR, NURSE, None])),
        in_hours=draw(st.booleans()),
        rules=draw(st.sampled_from([(), ("A",), ("A", "B")])),
    )
    return replace(made, id=UUID(int=draw(st.integers(1, 2**64))))


def world_of(found: list[Episode]) -> World:
    days = {who: frozenset(WEEK.monday + timedelta(days=n) for n in range(5)) for who in PEOPLE}
    past = Past([Spoke(e.id, e.patient_id, e.opened_at, r) for e in found for r in e.rules])
    return World(
        patients=PEOPLE,
        episodes=tuple(found),
        before=tuple(replace(e, opened_at=e.opened_at - timedelta(weeks=1)) for e in found[:3]),
        days=days,
        last={ANNA: END - timedelta(hours=1)},
        due=(Due(Late.VISIT, BEN, END - timedelta(days=1)), Due(Late.QUESTION, ANNA, END)),
        works={DOCTOR: Work(3, 2, 10)},
        told=(Told(DOCTOR, Severity.AMBER, 12, 12), Told(NURSE, Severity.YELLOW, 3, 20)),
        made=(Made(Kind.RULES, WEEK.start + timedelta(days=2), "x", "changed", PEOPLE),),
        past=past,
    )


unique = st.lists(episodes(), max_size=12, unique_by=lambda e: e.id)
few_times = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@few_times
@given(unique)
def test_tiers_hours_problems_clinicians_and_outcomes_add_up(found: list[Episode]) -> None:
    report = weekly(world_of(found), WEEK, now=LATER)

    for of in ("opened", "acknowledged", "reached", "labelled"):
        whole = sum(getattr(line, of) for line in report.tiers)
        apart = (*report.in_hours, *report.off_hours)
        assert whole == sum(getattr(line, of) for line in apart)
    assert sum(line.opened for line in report.tiers) == report.opened
    assert sum(line.opened for line in report.problems) == report.opened == len(report.alerts)
    assert sum(c.owned for c in report.burden.clinicians) + report.burden.unowned == report.opened
    assert sum(sum(p.outcomes.values()) for p in report.problems) == sum(report.outcomes.values())
    assert sum(p.ppv.of for p in report.problems) == report.ppv.of
    assert sum(p.actionable.hits for p in report.problems) == report.actionable.hits
    assert sum(c.grave for c in report.burden.clinicians) <= report.grave == report.burden.grave


@few_times
@given(unique)
def test_each_figure_counts_what_its_list_shows(found: list[Episode]) -> None:
    report = weekly(world_of(found), WEEK, now=LATER)

    def listed(**which: str) -> int:
        return len(alerts_behind(report, Which(**which), end=END))

    assert listed() == report.opened
    assert listed(of="open") == len(report.still_open)
    assert listed(of="ended") == report.closed
    assert listed(owner="nobody") == report.burden.unowned
    assert listed(outcome="counted") == report.ppv.of
    assert listed(outcome="any") == sum(report.outcomes.values())
    for code, lines in (("", report.tiers), ("in", report.in_hours), ("off", report.off_hours)):
        for line in lines:
            which = {"tier": line.severity.value, "hours": code}
            assert listed(**which) == line.opened
            assert listed(**which, state="taken") == line.acknowledged
            assert listed(**which, state="reached") == line.reached
            assert listed(**which, state="taken-due") == line.on_time.of
            assert listed(**which, state="reached-due") == line.reached_on_time.of
    for problem in report.problems:
        assert listed(problem=problem.problem.value) == problem.opened


@few_times
@given(unique, st.randoms(use_true_random=False))
def test_no_order_of_people_readings_or_alerts_changes_anything(
    found: list[Episode], rng: random.Random
) -> None:
    world = world_of(found)
    shuffled = replace(
        world,
        patients=tuple(rng.sample(world.patients, len(world.patients))),
        episodes=tuple(rng.sample(world.episodes, len(world.episodes))),
        before=tuple(rng.sample(world.before, len(world.before))),
        days=dict(rng.sample(list(world.days.items()), len(world.days))),
        due=tuple(rng.sample(world.due, len(world.due))),
        told=tuple(rng.sample(world.told, len(world.told))),
    )

    assert weekly(shuffled, WEEK, now=LATER) == weekly(world, WEEK, now=LATER)


@few_times
@given(unique)
def test_a_report_is_read_back_from_json_as_it_was(found: list[Episode]) -> None:
    report = weekly(world_of(found), WEEK, now=LATER)

    kept = msgspec.json.decode(msgspec.json.encode(report), type=Report)

    assert kept == report


@pytest.mark.parametrize(
    ("zone", "monday"), [("America/New_York", "2026-W44"), ("Europe/Berlin", "2027-W12")]
)
def test_each_hour_of_a_week_in_which_the_clock_changes_is_in_one_week(
    zone: str, monday: str
) -> None:
    """REL-24: of alerts of every hour of three weeks each counts in one, and none is lost."""
    week = Week.parse(monday, zone=ZoneInfo(zone))
    first, last = week.shifted(-1).start.astimezone(UTC), week.shifted(1).end.astimezone(UTC)
    hours = (last - first) // timedelta(hours=1)
    template = alert(ANNA, Severity.AMBER, 0)
    made = tuple(
        replace(template, id=UUID(int=n + 1), opened_at=first + timedelta(hours=n))
        for n in range(hours)
    )
    world = World((ANNA,), made, (), {}, {})
    now = datetime(2028, 1, 1, tzinfo=UTC)

    found = [weekly(world, week.shifted(n), now=now) for n in (-1, 0, 1)]

    assert sum(report.opened for report in found) == hours
    assert [report.opened for report in found] == [168, hours - 336, 168]
    assert hours - 336 in (167, 169)
    assert {report.possible_days for report in found} == {7}
    assert found[1].adherence[0].possible == 7
