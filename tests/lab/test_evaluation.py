from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from core.vitals import Vital
from lab import evaluation
from lab.asking import asks_of
from lab.comparators import Strength, weight_rule
from lab.contest import Seen, bout, burden, factor_at
from lab.evaluation import report
from lab.histories import START, history_of, instant, person_of, readings_of
from lab.judging import LOOK_BACK, Judges, judged
from lab.replayed import said, speaking
from lab.scenarios import WORLDS
from lab.scorecard import Course, LookBack, cases, opened, openings, scorecard
from lab.simulator import Life, simulate
from lab.training_set import sample_of
from monitoring.service import load_model, load_rulebook

FORTNIGHT = LookBack(14.0)
DAY = 86_400.0


def test_firings_merge_until_fourteen_days_are_quiet() -> None:
    fired = np.array([1.0, 2, 15, 29, 44, 60])

    np.testing.assert_array_equal(openings(fired), [1, 44, 60])


def test_each_problem_merges_by_itself() -> None:
    np.testing.assert_array_equal(opened([np.array([1.0, 9]), np.array([5.0])]), [1, 5])


def test_a_scorecard_worked_by_hand() -> None:
    """Two patients, a year each; three events, one found five days ahead."""
    courses = [
        Course(np.array([95.0, 200.0]), np.array([100.0, 300.0]), 365.25),
        Course(np.array([]), np.array([50.0]), 365.25),
    ]

    card = scorecard("made up", courses, look_back=FORTNIGHT, seed=1)

    assert card.sensitivity == pytest.approx(1 / 3)
    assert card.burden == pytest.approx(1.0)
    assert card.unexplained == pytest.approx(0.5)
    assert card.ppv_event == pytest.approx(0.5)
    assert card.lead_days == 5
    assert card.chance == pytest.approx(1 - math.exp(-14 / 365.25))


def test_what_comes_suddenly_is_looked_for_only_just_before() -> None:
    """Proves evidence.md G2: a look-back of 7 days, of 2 for acute glucose and rhythm."""
    course = Course(np.array([95.0]), np.array([100.0]), 365.0)

    slow, sudden, heart = (
        scorecard(
            kind,
            [Course(course.opened - ahead, course.events, 365.0, (kind,))],
            look_back=LOOK_BACK,
            seed=1,
        ).sensitivity
        for kind, ahead in (("pneumonia", 0.0), ("hypoglycaemia", 0.0), ("heart_failure", 8.0))
    )

    assert (slow, sudden, heart) == (1, 0, 1)


def test_an_alert_on_the_day_after_finds_nothing() -> None:
    course = Course(np.array([101.0]), np.array([100.0]), 365.0)

    card = scorecard("late", [course], look_back=FORTNIGHT, seed=1)

    assert card.sensitivity == 0
    assert math.isnan(card.lead_days)


def test_random_alerts_have_chance_sensitivity() -> None:
    """Negative control (evidence.md 8.6 item 6): chance is what chance gives."""
    random = np.random.default_rng(6)
    courses = [
        Course(
            openings(np.sort(random.uniform(0, 365, random.poisson(3)))),
            random.uniform(30, 365, 4),
            365.0,
        )
        for _ in range(400)
    ]

    card = scorecard("random", courses, look_back=FORTNIGHT, seed=1)

    assert abs(card.lift) < 0.03


def test_the_guideline_weight_rule_fires_as_often_as_published() -> None:
    """Positive control (evidence.md 8.5): 3.5 to 6.2 a year, supervised to untimed weighing."""
    courses = []
    for life in simulate(60, 250, world=WORLDS["base"], seed=21):
        fired = (weight_rule(history_of(life))["fluid"].fired(1.0) - instant(0)) / DAY
        courses.append(Course(openings(fired[fired > 28]), np.array([]), life.days - 28.0))

    assert 3.5 < burden(courses) < 7.5


def seen_of(fired: list[float], strengths: list[float]) -> Seen:
    times = np.array([20.0 * (i + 2) * DAY for i in range(len(strengths))])
    return Seen(
        events=np.array([101.0]),
        kinds=("copd",),
        first=28.0,
        last=400.0,
        start=0.0,
        rules={"breathing": np.array(fired)},
        others={"plain": {"fluid": Strength(times, np.array(strengths))}},
    )


def test_a_plain_way_is_widened_until_it_alerts_as_often_as_the_rules() -> None:
    seen = [seen_of([100.0, 200.0], [1.5, 1.2, 3.0, 0.4, 2.0])]

    factor = factor_at(seen, "plain", burden([each.ruled() for each in seen]))

    assert 1.5 <= factor < 2.0
    assert len(seen[0].compared("plain", factor).opened) == 2


def test_the_difference_of_sensitivity_is_told_at_that_burden() -> None:
    seen = [seen_of([100.0, 200.0], [1.5, 1.2, 3.0, 0.4, 2.0]) for _ in range(20)]

    found = bout(seen, "plain", look_back=FORTNIGHT, seed=1)

    assert found.card.burden == pytest.approx(burden([each.ruled() for each in seen]))
    assert found.ahead == 1.0  # the rules found all on the day before, the other way none
    assert found.interval == (1.0, 1.0)


def test_what_cannot_alert_as_often_is_compared_where_it_alerts_most() -> None:
    seen = [seen_of([60.0, 100.0, 140.0, 200.0, 300.0], [1.5, 0.9])]

    factor = factor_at(seen, "plain", 1e6)

    assert len(seen[0].compared("plain", factor).opened) == 2


def test_the_interval_holds_at_the_burden_of_the_people_drawn() -> None:
    """A way that alerts just as the rules do is never behind nor ahead, whoever is drawn."""
    random = np.random.default_rng(8)
    seen = []
    for _ in range(12):
        days = np.sort(random.uniform(30, 390, 6)).round(3)
        told = Strength(days * DAY, np.full(len(days), 2.0))
        events = np.sort(random.uniform(40, 390, 4))
        kinds = ("copd",) * 4
        seen.append(
            Seen(events, kinds, 28.0, 400.0, 0.0, {"fluid": days}, {"plain": {"fluid": told}})
        )

    found = bout(seen, "plain", look_back=FORTNIGHT, seed=1)

    assert found.ahead == 0
    assert found.interval == (0, 0)


def lived(copies: int, subjects: int) -> list[Course]:
    """Return courses of which half the subjects, in all their copies, are found."""
    return [
        Course(np.array([95.0] if number % 2 else []), np.array([100.0]), 365.25, (), f"s{number}")
        for number in range(subjects)
        for _ in range(copies)
    ]


def test_copies_of_a_person_make_an_interval_no_narrower() -> None:
    """Proves evidence.md 3.5, bootstrap by patient: the real person is drawn, not the copy."""
    once = scorecard("once", lived(1, 12), look_back=FORTNIGHT, seed=1)
    often = scorecard("often", lived(40, 12), look_back=FORTNIGHT, seed=1)
    apart = [replace(c, subject="") for c in lived(40, 12)]

    assert often.interval == pytest.approx(once.interval)
    low, high = scorecard("apart", apart, look_back=FORTNIGHT, seed=1).interval
    assert high - low < (once.interval[1] - once.interval[0]) / 3


def test_what_opens_within_three_days_of_a_case_is_that_case() -> None:
    np.testing.assert_array_equal(cases(np.array([1.0, 3.9, 4.1, 7.0, 30.0])), [1, 4.1, 30])


def test_the_quality_gate_judges_in_an_evaluation_too() -> None:
    """Rules are judged as they run: with what keeps bad measurements out."""
    rulebook = load_rulebook()

    assert speaking(rulebook).rulebook.gate == rulebook.gate
    assert rulebook.gate.rules


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    asks = asks_of(load_rulebook())
    return list(simulate(3, 75, world=WORLDS["base"], seed=9, asks=asks))


def test_rules_that_reach_no_clinician_change_nothing_that_does(lives: list[Life]) -> None:
    rulebook = load_rulebook()
    until = datetime.fromtimestamp(instant(75), UTC)
    life = lives[0]

    each = [
        said(person_of(life), readings_of(life), book, instant(0), until)
        for book in (rulebook, speaking(rulebook))
    ]

    assert each[0] == each[1]
    assert len(speaking(rulebook).rulebook.rules) < len(rulebook.rules)


def test_a_report_compares_every_way_on_the_same_lives(lives: list[Life]) -> None:
    every = list(judged(lives, Judges(load_model(), load_rulebook())))

    found = report(every, seed=1)

    assert [card.name for card in found.alone] == [
        "rules, AMBER and RED",
        "rules and score, as the service runs",
        "guideline weight rule",
        "fixed thresholds",
        "NEWS2-like",
        "|z| > 3, own 28 days",
        "daily answers alone",
        "learned score",
        "rules and score under a budget",
    ]
    assert len({card.patient_years for card in found.alone}) == 1
    assert [each.card.name for each in found.equal] == [card.name for card in found.alone[2:]]
    assert all(len(row) == len(evaluation.HEADINGS) for row in evaluation.rows(found.alone))
    assert all(
        len(row) == len(evaluation.kind_headings(found)) for row in evaluation.kind_rows(found)
    )


def test_somebody_is_asked_again_where_a_limit_of_amber_or_red_is_passed(lives: list[Life]) -> None:
    person = lives[0].person
    asked = asks_of(load_rulebook())(person, Vital.SYSTOLIC_BP, np.array([90.0, 120, 130, 181]))

    assert asked.tolist() == [True, False, False, True]


def test_training_rows_are_one_a_day_and_know_what_followed() -> None:
    lives = [life for life in simulate(12, 120, world=WORLDS["base"], seed=3) if life.events]

    sample = sample_of(lives[:2], seed=1)

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
