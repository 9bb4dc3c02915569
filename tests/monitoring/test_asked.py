from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.errors import InvalidError
from monitoring.asked import Asked, threshold_at, thresholds
from monitoring.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Sequence

YEARS = 2.0


def asked(groups: Sequence[int], days: Sequence[float], *, years: float = YEARS) -> Asked:
    described = np.zeros((len(days), len(FEATURES)))
    return Asked(described, np.array(groups), np.array(days, dtype=np.float64), years, 3.0)


def test_what_fires_within_the_quiet_days_is_one_episode_and_two_people_are_two() -> None:
    some = asked([1, 1, 1, 1, 1, 2, 2], [0.0, 2.9, 5.8, 40, 41, 41, 44.1])

    episodes = some.episodes_per_year(np.ones(7, dtype=bool)) * YEARS

    assert episodes == pytest.approx(4)  # days 0 and 40; days 41 and 44.1


def test_what_never_fires_is_no_episode() -> None:
    assert asked([1, 2], [0.0, 0]).episodes_per_year(np.zeros(2, dtype=bool)) == 0


def test_a_rise_within_an_episode_that_a_lesser_tier_keeps_open_is_no_second_one() -> None:
    some = asked([1] * 5, [0.0, 2, 4, 6, 12])
    grave = np.array([True, False, False, True, True])
    lesser = np.array([False, True, True, False, False])

    assert some.episodes_per_year(grave) * YEARS == pytest.approx(3)
    assert some.episodes_per_year(grave, lesser) * YEARS == pytest.approx(2)


def test_an_episode_that_never_reaches_a_tier_does_not_count_for_it() -> None:
    some = asked([1] * 4, [0.0, 1, 30, 31])
    grave = np.array([False, False, False, True])
    lesser = np.ones(4, dtype=bool)

    assert some.episodes_per_year(grave, lesser) * YEARS == pytest.approx(1)


def test_a_threshold_keeps_within_its_burden_and_no_lower_one_would() -> None:
    random = np.random.default_rng(1)
    rows = 4000
    many = asked(np.repeat(np.arange(10), 400).tolist(), (np.arange(rows) % 400 * 0.9).tolist())
    risk = random.uniform(size=rows) ** 8

    least = threshold_at(30.0, risk, many)

    assert many.episodes_per_year(risk >= least) <= 30.0
    assert many.episodes_per_year(risk >= least - 0.02) > 30.0


def test_each_tier_has_its_own_burden_in_episodes_that_the_least_keeps_open() -> None:
    random = np.random.default_rng(2)
    many = asked(np.repeat(np.arange(10), 400).tolist(), (np.arange(4000) % 400 * 0.9).tolist())
    risk = random.uniform(size=4000) ** 8

    found = dict(thresholds(risk, many, (("YELLOW", 40.0), ("AMBER", 20.0))))

    stays = risk >= found["YELLOW"]
    assert found["AMBER"] > found["YELLOW"]
    assert 19 < many.episodes_per_year(risk >= found["AMBER"], stays) <= 20
    assert 39 < many.episodes_per_year(stays) <= 40


def test_where_nearly_all_fires_without_end_no_threshold_is_within_a_burden() -> None:
    """Each person has one episode there: found from below, everybody would alert for ever."""
    random = np.random.default_rng(3)
    people, days = 40, 355
    own = random.normal(size=(people, days))
    for day in range(1, days):
        own[:, day] = 0.6 * own[:, day - 1] + 0.8 * own[:, day]
    risk = (0.045 * np.exp(0.1 * own)).ravel()
    weak = asked(
        np.repeat(np.arange(people), days).tolist(),
        np.tile(np.arange(days), people).tolist(),
        years=people * days / 365.25,
    )
    assert weak.episodes_per_year(risk >= risk.min()) < 3.0

    found = dict(thresholds(risk, weak, (("YELLOW", 6.0), ("AMBER", 3.0))))

    stays = risk >= found["YELLOW"]
    assert 5.5 < weak.episodes_per_year(stays) <= 6.0
    assert 2.5 < weak.episodes_per_year(risk >= found["AMBER"], stays) <= 3.0
    assert (stays.mean(), (risk >= found["AMBER"]).mean()) < (0.2, 0.1)


@pytest.mark.parametrize("risk", [np.empty(0), np.full(400, 0.03)])
def test_what_cannot_tell_days_apart_gets_no_threshold(risk: np.typing.NDArray[np.float64]) -> None:
    flat = asked([1] * len(risk), np.arange(len(risk)).tolist())

    with pytest.raises(InvalidError, match="too few days apart"):
        threshold_at(3.0, risk, flat)
