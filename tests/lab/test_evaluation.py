from __future__ import annotations

import math

import numpy as np
import pytest

from lab import evaluation
from lab.evaluation import Judges, evaluate, rows, weight_rule
from lab.histories import START, history_of
from lab.scenarios import WORLDS
from lab.scorecard import Course, openings, scorecard
from lab.simulator import simulate
from lab.training_set import sample_of
from monitoring.service import load_model, load_rulebook


def test_firings_merge_until_fourteen_days_are_quiet() -> None:
    fired = np.array([1.0, 2, 15, 29, 44, 60])

    np.testing.assert_array_equal(openings(fired), [1, 44, 60])


def test_a_scorecard_worked_by_hand() -> None:
    """Two patients, a year each; three events, one found five days ahead."""
    courses = [
        Course(np.array([95.0, 96.0, 200.0]), np.array([100.0, 300.0]), 365.25),
        Course(np.array([]), np.array([50.0]), 365.25),
    ]

    card = scorecard("made up", courses, look_back=14, seed=1)

    assert card.sensitivity == pytest.approx(1 / 3)
    assert card.burden == pytest.approx(1.0)
    assert card.unexplained == pytest.approx(0.5)
    assert card.ppv_event == pytest.approx(0.5)
    assert card.lead_days == 5
    assert card.chance == pytest.approx(1 - math.exp(-14 / 365.25))


def test_an_alert_on_the_day_after_finds_nothing() -> None:
    card = scorecard(
        "late", [Course(np.array([101.0]), np.array([100.0]), 365.0)], look_back=14, seed=1
    )

    assert card.sensitivity == 0
    assert math.isnan(card.lead_days)


def test_random_alerts_have_chance_sensitivity() -> None:
    """Negative control (evidence.md 8.6 item 6): chance is what chance gives."""
    random = np.random.default_rng(6)
    courses = [
        Course(
            np.sort(random.uniform(0, 365, random.poisson(3))), random.uniform(30, 365, 4), 365.0
        )
        for _ in range(400)
    ]

    card = scorecard("random", courses, look_back=14, seed=1)

    assert abs(card.lift) < 0.03


def test_the_guideline_weight_rule_fires_as_often_as_published() -> None:
    """Positive control (evidence.md 8.5): 3.5 to 6.2 a year, supervised to untimed weighing."""
    courses = [
        Course(weight_rule(history_of(life)), np.array([]), life.days - 28.0)
        for life in simulate(60, 250, world=WORLDS["base"], seed=21)
    ]

    per_year = scorecard("weight", courses, look_back=14, seed=1).burden

    assert 3.5 < per_year < 7.0


def test_evaluation_compares_score_rules_and_weight_rule_on_the_same_lives() -> None:
    lives = list(simulate(4, 75, world=WORLDS["base"], seed=9))

    cards = evaluate(lives, Judges(load_model(), load_rulebook()), seed=1)

    assert [card.name for card in cards] == [
        "guideline weight rule",
        "learned score, YELLOW",
        "learned score, AMBER",
        "rules, AMBER and RED",
    ]
    assert len({card.patient_years for card in cards}) == 1
    assert all(len(row) == len(evaluation.HEADINGS) for row in rows(cards))


def test_training_rows_are_one_a_day_and_know_what_followed() -> None:
    lives = [life for life in simulate(12, 120, world=WORLDS["base"], seed=3) if life.events]

    sample = sample_of(lives[:2], horizon_days=7, seed=1)

    assert len(sample.days) == 2 * 110
    for number, life in enumerate(lives[:2]):
        own = slice(110 * number, 110 * (number + 1))
        event = life.events[0].day
        ahead = event - sample.days[own]
        assert np.all(sample.worsened[own][(ahead > 0) & (ahead <= 7)])
        assert not np.any(sample.usable[own][(ahead <= 0) & (ahead > -14)])


def test_simulated_days_are_the_local_days_of_the_history() -> None:
    life = next(iter(simulate(1, 60, world=WORLDS["base"], seed=3)))

    for vital, series in history_of(life).series.items():
        assert series.days[0] == START.toordinal() + int(life.streams[vital].taken[0])
