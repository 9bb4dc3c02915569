"""Drift of features: what moved is told, what chance shows is not, and few people are said so."""

from __future__ import annotations

import math

import numpy as np
import pytest

from monitoring.drift import Drift, bin_shares, counted, drifted, placed

EDGES = np.array([1.0, 2.0, 3.0, math.inf])


def people(shares: list[float], count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).multinomial(count, shares)


def test_shares_count_each_bin_and_the_missing_apart() -> None:
    binned = np.array([[0.0], [0.0], [2.0], [np.nan]])

    assert bin_shares(binned, [3]) == [[0.5, 0.0, 0.25, 0.25]]


def test_values_fall_into_the_bins_of_the_model() -> None:
    codes = placed(EDGES, np.array([0.5, 1.0, 2.5, 99.0, np.nan]))

    assert counted(codes, 4).tolist() == [1, 1, 1, 1, 1]


def test_the_index_is_the_published_sum() -> None:
    """Worked by hand, with half a person more in each of three groups (the missing too)."""
    trained = {"pulse": [0.5, 0.5, 0.0]}
    (moved,) = drifted(trained, {"pulse": np.array([750, 250, 0])})

    now = np.array([750.5, 250.5, 0.5]) / 1001.5
    then = np.array([0.5, 0.5, 1e-4]) / 1.0001
    assert moved.index == pytest.approx(((now - then) * np.log(now / then)).sum(), abs=1e-4)
    assert moved.word is Drift.MARKED


@pytest.mark.parametrize("seed", range(20))
def test_people_like_those_of_training_have_not_moved(seed: int) -> None:
    shares = [0.04] * 24 + [0.04]

    (moved,) = drifted({"x": shares}, {"x": people(shares, 400, seed)})

    assert moved.word is Drift.NONE


@pytest.mark.parametrize("count", [10, 60, 200])
def test_few_people_say_nothing_and_it_is_said_so(count: int) -> None:
    shares = [0.04] * 24 + [0.04]

    (moved,) = drifted({"x": shares}, {"x": people(shares, count)})

    assert moved.word is Drift.NOT_ENOUGH


def test_what_moved_far_beyond_chance_is_told_of_few_people_too() -> None:
    shares = [0.04] * 24 + [0.04]
    lately = np.zeros(25, dtype=np.int64)
    lately[23] = 60

    (moved,) = drifted({"x": shares}, {"x": lately})

    assert moved.word is Drift.MARKED


def test_the_worst_is_first_and_what_training_did_not_keep_is_left_out() -> None:
    trained = {"calm": [0.5, 0.5, 0.0], "gone": [0.5, 0.5, 0.0], "other": [1.0]}
    calm, gone = np.array([500, 500, 0]), np.array([0, 0, 1000])

    found = drifted(trained, {"calm": calm, "gone": gone, "other": gone, "new": gone})

    assert [each.feature for each in found] == ["gone", "calm"]
    assert [each.word for each in found] == [Drift.MARKED, Drift.NONE]
