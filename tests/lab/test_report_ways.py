"""Columns of probabilities as ways of alerting, and rules and score as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from core.vitals import Severity, Vital
from lab.comparators import news2_like, weight_rule
from lab.histories import history_of, instant
from lab.judging import LOOK_BACK, ends_of_days
from lab.replayed import Said
from lab.reporting.operating import courses_of
from lab.reporting.tally import figures
from lab.reporting.ways import (
    COMBINED,
    LIVE,
    PERSISTENCE,
    SCORE,
    SCORED,
    Column,
    columns_of,
    persistence,
    together,
    with_columns,
)
from lab.scenarios import WORLDS
from lab.simulator import simulate
from monitoring.features import FEATURES
from monitoring.windows import make_series
from tests.lab.watched_people import a_person

if TYPE_CHECKING:
    from lab.reporting.people import Watched

NOBODY: frozenset[str] = frozenset()


def watched_days(**about: Any) -> Watched:
    days = ends_of_days(60)
    person = a_person(**about)
    return replace(person, days=days, described=np.zeros((len(days), len(FEATURES))))


def test_red_stands_whatever_the_score_and_amber_waits_for_it() -> None:
    """Proves issue 7 part 4: a rule's RED is never lowered by the model."""
    person = watched_days()
    said = (
        Said(30.5, "breathing", "A", Severity.AMBER),
        Said(40.5, "breathing", "B", Severity.RED),
        Said(50.5, "fluid", "C", Severity.AMBER),
    )
    score = np.zeros(len(person.days))
    score[50 - 28] = 0.6  # over half of the level on day 50 alone

    found = together(replace(person, findings=said), score)

    red = found["breathing"].fired(8.0)
    assert [(t - instant(0)) / 86_400 for t in red] == [40.5]
    fluid = found["fluid"]
    assert (fluid.times[0] - instant(0)) / 86_400 == pytest.approx(person.days[50 - 28])
    assert fluid.fired(1.0).size == 1
    assert found[SCORED].fired(1.0).size == 0


def test_as_the_service_runs_every_word_of_rules_and_score_is_told() -> None:
    person = watched_days(alerts=(35.0,))
    values = np.zeros(len(person.days))
    values[50 - 28] = 0.06
    columns = columns_of([person], Column(values, 0.05), None)
    (person,) = with_columns([person], columns, ruled=True)

    (course,) = courses_of([person], LIVE, 1.0, NOBODY)

    assert course.opened.tolist() == pytest.approx([35.0, person.days[50 - 28]])


def test_models_that_are_handed_in_are_judged_on_the_same_rows() -> None:
    people = [watched_days(name="a"), watched_days(name="b", events=(45.0,))]
    rows = sum(len(person.days) for person in people)

    def models(described: np.ndarray) -> dict[str, np.ndarray]:
        assert described.shape == (rows, len(FEATURES))
        return {"a forest": np.linspace(0, 1, len(described))}

    columns = columns_of(people, Column(np.zeros(rows), 0.05), models)

    assert set(columns) == {SCORE, "a forest", PERSISTENCE}
    others = with_columns(people, columns, ruled=True)[1].seen.others
    assert {SCORE, "a forest", PERSISTENCE, COMBINED} <= set(others)
    assert others["a forest"][SCORED].fired(1.0).size > 0
    assert COMBINED not in with_columns(people, columns, ruled=False)[1].seen.others


def test_persistence_speaks_after_an_event_and_never_before() -> None:
    person = watched_days(events=(45.0,))

    values = persistence(person)

    assert not values[person.days < 45.0].any()
    assert values[45 - 28] > values[46 - 28] > 0


def test_the_chart_adds_up_what_was_measured_that_day() -> None:
    """24 breaths (2 points) and 93 % (2 points) at 8 and 9 o'clock: 4 points of 5."""
    life = next(iter(simulate(1, 60, world=WORLDS["base"], seed=3)))
    times = np.array([datetime(2025, 2, 1, hour, tzinfo=UTC).timestamp() for hour in (8, 9)])
    past = history_of(life)
    series = {
        vital: make_series(
            times=times[n : n + 1],
            values=np.array([value]),
            days=np.array([1]),
            ids=np.array(["x"], dtype=np.object_),
            received=times[n : n + 1],
        )
        for n, (vital, value) in enumerate({Vital.RESPIRATORY_RATE: 24, Vital.SPO2: 93}.items())
    }
    person = replace(past.person, scale_two=False, on_oxygen=False)

    found = news2_like(replace(past, person=person, series=series))["early_warning"]

    assert (found.factor * 4.5).tolist() == [2, 4]
    assert news2_like(replace(past, series={})) == {}


def test_in_the_null_world_a_way_finds_what_chance_finds() -> None:
    """Negative control (evidence.md 8.6 item 4): nothing shows, so nothing is foreseen."""
    people = []
    for life in simulate(100, 200, world=replace(WORLDS["null"], often=4.0), seed=12):
        events = tuple(e.day for e in life.events if e.day > 28)
        kinds = tuple(e.kind for e in life.events if e.day > 28)
        person = a_person(f"{life.number}", events=events, kinds=kinds)
        seen = replace(person.seen, last=200.0, others={"weight": weight_rule(history_of(life))})
        people.append(replace(person, seen=seen))

    found = figures(people, courses_of(people, "weight", 1.0, NOBODY), 1)

    assert found["events"].value > 250
    assert abs(found["lift"].value) < 0.05
    assert LOOK_BACK.days == 7
