"""No whole is told below one of its parts, and what is told keeps its exact parts (decision 40)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.coherent import carriers, includes
from monitoring.families import ANY, TARGETS
from monitoring.features import FEATURES
from monitoring.leading import decisive
from monitoring.risk import Head, Model, foretold, likeliest, log_odds, parts, score
from monitoring.service import load_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING = np.empty((0, 0))
HEADS = tuple(Head(target.family, target.horizon_days, NOTHING, 0.0) for target in TARGETS)
MODEL = load_model()


@pytest.fixture(scope="module")
def described() -> NDArray[np.float64]:
    random = np.random.default_rng(11)
    rows = random.normal(scale=2.0, size=(400, len(FEATURES)))
    rows[random.uniform(size=rows.shape) < 0.25] = np.nan
    return rows


@given(st.lists(st.floats(-9, 9), min_size=len(HEADS), max_size=len(HEADS)))
def test_no_whole_is_below_one_of_its_parts_and_each_figure_is_that_of_a_head(
    odds: list[float],
) -> None:
    own = np.array([odds])
    told = own[0, carriers(HEADS, own)[0]]

    assert set(told.tolist()) <= set(odds)
    for whole, head in zip(told, HEADS, strict=True):
        for part, other in zip(told, HEADS, strict=True):
            assert whole >= part or not includes(head, other)
    alone = [head.family != ANY for head in HEADS]
    assert told[alone].tolist() == own[0][alone].tolist()  # what decides on alerts is its own


def test_any_event_includes_families_and_shorter_times_and_no_family_another() -> None:
    any7, any3, any14, heart, lungs = HEADS[:5]

    assert includes(any7, any3)
    assert includes(any14, any7)
    assert includes(any7, heart)
    assert not includes(any3, heart)
    assert not includes(heart, any7)
    assert not includes(heart, lungs)


def test_the_shipped_model_is_coherent_and_its_parts_still_sum_to_what_is_told(
    described: NDArray[np.float64],
) -> None:
    """Proves G12 of a figure that one of its parts carries too: to 1e-9."""
    assert MODEL is not None
    every = score(MODEL, described)
    told = foretold(MODEL, described)

    carried = [risk for risk in every if risk.by is not None]
    assert 0 < len(carried) < len(every)
    for risk, row in zip(every, told, strict=True):
        summed = risk.intercept + sum(part.points for part in risk.contributions)
        at = {p.horizon_days: p.probability for p in risk.others if p.family == ANY}
        assert math.isclose(summed, risk.log_odds, abs_tol=1e-9)
        assert math.isclose(risk.probability, 1 / (1 + math.exp(-risk.log_odds)))
        assert at[3] <= risk.probability <= at[14]
        assert risk.probability >= decisive(risk).probability
        assert [risk.probability, *(p.probability for p in risk.others)] == pytest.approx(row)
        assert risk.by is None or risk.by.probability == risk.probability


def test_who_is_alerted_does_not_change_by_it(described: NDArray[np.float64]) -> None:
    assert MODEL is not None
    odds = log_odds(MODEL, described, MODEL.families)

    decided = [decisive(risk).probability for risk in score(MODEL, described)]

    assert decided == pytest.approx(1 / (1 + np.exp(-odds.max(axis=1))))
    assert decided == pytest.approx(likeliest(MODEL, described))


def test_a_model_of_one_head_speaks_for_itself(described: NDArray[np.float64]) -> None:
    assert MODEL is not None
    alone: Model = replace(MODEL, heads=MODEL.heads[:1])

    [risk] = score(alone, described[:1])

    assert risk.by is None
    assert risk.log_odds == pytest.approx(
        alone.intercept + parts(alone, described[:1]).sum(), abs=1e-9
    )
