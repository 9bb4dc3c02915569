"""What is true of a life behind what was said: the ceiling, what was under way, who it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.vitals import Vital
from lab.complexion import BRANDS
from lab.courses import COURSES
from lab.devices import Stream
from lab.judging import Judges, ends_of_days
from lab.physiology import resident
from lab.reporting.ceiling import spreads, traces
from lab.reporting.people import Watched, followed, under_way, watched
from lab.reporting.study import watch
from lab.scenarios import WORLDS, Episode, Event
from lab.simulator import Life, simulate
from tests.lab.watched_people import a_person

DAYS = 120
WORST = 80.0
COURSE = next(course for course in COURSES if course.kind == "copd")


def a_life(*, effect: float, taken_until: float = DAYS, shape: str = "step") -> Life:
    """Return a life with one vital of spread 1 and one episode that adds `effect` from day 73."""
    random = np.random.default_rng(1)
    taken = np.arange(0.33, taken_until)
    values = 15 + random.permutation(np.linspace(-1.4826, 1.4826, len(taken)))
    episode = Episode(
        course=COURSE,
        onset=70.0,
        worst=WORST,
        recorded=WORST + 1,
        silent=shape == "none",
        shape=shape,
        effects={Vital.RESPIRATORY_RATE: effect},
    )
    return Life(
        number=0,
        person=resident(random),
        days=DAYS,
        streams={Vital.RESPIRATORY_RATE: Stream(taken, taken + 0.001, values)},
        episodes=(episode,),
        events=(Event("copd", WORST + 1, 70.0, episode.silent),),
    )


def test_a_trace_is_what_an_episode_adds_in_spreads_of_calm_days() -> None:
    """A step of 2 spreads in the seven readings from day 74 to the record on day 81."""
    life = a_life(effect=2.0)
    spread = spreads(life)[Vital.RESPIRATORY_RATE]

    (largest, together, *_), *_ = traces(life, life.events).tolist()

    assert spread == pytest.approx(1.1, abs=0.15)
    assert largest == pytest.approx(2.0 / spread)
    assert together == pytest.approx(2.0 / spread * np.sqrt(8), rel=0.01)


def test_what_is_silent_mistaken_or_not_measured_leaves_no_trace() -> None:
    silent = a_life(effect=9.0, shape="none")
    unseen = a_life(effect=9.0, taken_until=60.0)
    life = a_life(effect=9.0)
    mistaken = Event("mistaken", 50.0, 50.0, silent=True)

    assert not traces(silent, silent.events).any()
    assert not traces(unseen, unseen.events).any()
    assert not traces(life, [mistaken]).any()


def test_a_reading_that_arrived_after_the_record_does_not_count() -> None:
    life = a_life(effect=9.0)
    stream = life.streams[Vital.RESPIRATORY_RATE]
    late = replace(
        life,
        streams={Vital.RESPIRATORY_RATE: Stream(stream.taken, stream.taken + 60, stream.values)},
    )

    assert not traces(late, late.events).any()


def test_a_world_in_which_illness_shows_in_nothing_has_a_ceiling_of_nought() -> None:
    lives = simulate(12, 150, world=replace(WORLDS["null"], often=4.0), seed=5)

    assert sum(len(life.events) for life in lives) > 5
    for life in simulate(12, 150, world=replace(WORLDS["null"], often=4.0), seed=5):
        without_falls = [event for event in life.events if event.kind != "fall"]
        assert not traces(life, without_falls).any()


def test_a_deterioration_is_under_way_until_recovery_or_care() -> None:
    life = a_life(effect=1.0)

    assert under_way(life).tolist() == [[70.0, WORST + COURSE.recovery]]


def test_days_know_what_follows_and_what_is_being_treated() -> None:
    person = replace(a_person(events=(50.0,)), days=ends_of_days(80))

    ahead, usable = followed(person, 7)

    days = np.floor(person.days)
    assert days[ahead].tolist() == [43, 44, 45, 46, 47, 48, 49]
    assert days[~usable].tolist() == list(range(50, 64))
    assert not followed(person, 7, kinds=frozenset({"heart_failure"}))[0].any()


@pytest.fixture(scope="module")
def somebody() -> Watched:
    life = next(iter(simulate(1, 70, world=WORLDS["older"], seed=3)))
    return watched(life, Judges(None, None, describes=True), None)


def test_a_life_is_described_once_for_every_judged_day(somebody: Watched) -> None:
    assert len(somebody.described) == len(somebody.days) == 42
    assert somebody.traits.brand in BRANDS
    assert 1 <= somebody.traits.tone <= 10
    assert 0 < somebody.traits.adherence <= 1


def test_lives_judged_on_two_processes_are_the_same_in_the_same_order() -> None:
    lives = list(simulate(3, 60, world=WORLDS["base"], seed=3))
    judges = Judges(None, None, describes=True)

    one, two = (list(watch(lives, judges, workers)) for workers in (1, 2))

    assert [person.name for person in two] == [person.name for person in one]
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first.described, second.described)
        np.testing.assert_array_equal(first.traces, second.traces)
