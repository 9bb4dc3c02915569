"""Thresholds are set on what the service would have asked the score, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from lab.histories import instant, person_of, readings_of
from lab.scenarios import WORLDS
from lab.simulator import Life, simulate
from lab.training_set import FIRST_DAY, askings_of
from monitoring.eventtime import Past, Scored, Version, run
from monitoring.plans.site_rules import standing
from monitoring.risk import likeliest
from monitoring.service import load_model, load_rulebook

DAYS = 45
QUIET = 3.0


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    return list(simulate(2, DAYS, world=WORLDS["base"], seed=77))


def test_each_asking_sees_what_a_replay_scores_at_that_instant(lives: list[Life]) -> None:
    model, rulebook = load_model(), load_rulebook()
    assert model is not None
    some = askings_of(lives, seed=1, quiet=QUIET)
    said = likeliest(model, some.described.astype(np.float64))
    for life in lives:
        scored: list[Scored] = []
        past = Past(person_of(life), [Version(each) for each in readings_of(life)])
        until = datetime.fromtimestamp(instant(life.days) - 60, UTC)
        alone = standing(replace(rulebook, rules=()))
        list(run(past, rulebook=alone, model=model, until=until, scored=scored.append))
        told = {round((each.at - instant(0)) / 86_400, 5): each.risk for each in scored}

        mine = some.groups == life.number
        asked = dict(zip(some.days[mine].round(5).tolist(), said[mine].tolist(), strict=True))
        both = set(asked) & set(told)

        assert len(both) > 0.9 * len(asked)
        for day in both:
            risk = told[day]
            assert risk is not None
            assert risk.family is not None
            assert asked[day] == pytest.approx(risk.family.probability, abs=1e-6)


def test_people_are_asked_several_times_a_day_and_are_watched_for_whole_days(
    lives: list[Life],
) -> None:
    some = askings_of(lives, seed=1, quiet=QUIET)

    assert some.years == pytest.approx(2 * (DAYS - FIRST_DAY) / 365.25)
    assert len(some.days) > 3 * 2 * (DAYS - FIRST_DAY)
    for number in (0, 1):
        days = some.days[some.groups == number]
        assert (np.diff(days) > 0).all()
        assert days[0] >= FIRST_DAY
        assert days[-1] < DAYS
