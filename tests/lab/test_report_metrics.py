"""Ranking, calibration and use of forecasts on rows whose right answer is known by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lab.reporting.metrics import (
    Ranked,
    auprc,
    auroc,
    bin_of,
    calibration,
    log_odds,
    net_benefit,
    reliability,
)

FORETOLD = np.array([0.1, 0.2, 0.2, 0.4])
FOLLOWED = np.array([False, True, False, True])
EVEN = np.ones(4)


def test_auroc_counts_pairs_and_ties_by_half() -> None:
    """Of four pairs three are in order and one is tied."""
    assert auroc(Ranked.of(FORETOLD, FOLLOWED), EVEN) == pytest.approx(3.5 / 4)


def test_auprc_is_average_precision() -> None:
    """Half of the recall at precision 1, the other half at 2 of 3."""
    assert auprc(Ranked.of(FORETOLD, FOLLOWED), EVEN) == pytest.approx(0.5 + 0.5 * 2 / 3)


def test_a_patient_drawn_twice_counts_as_two_rows() -> None:
    weights = np.array([2.0, 1.0, 0.0, 1.0])
    rows = np.array([0, 0, 1, 3])

    for measure in (auroc, auprc):
        once = measure(Ranked.of(FORETOLD[rows], FOLLOWED[rows]), np.ones(4))
        assert measure(Ranked.of(FORETOLD, FOLLOWED), weights) == pytest.approx(once)


def test_without_events_nobody_can_tell() -> None:
    ranked = Ranked.of(FORETOLD, np.zeros(4, dtype=np.bool_))

    assert math.isnan(auroc(ranked, EVEN))
    assert math.isnan(auprc(ranked, EVEN))
    assert math.isnan(calibration(FORETOLD, np.zeros(4, dtype=np.bool_), EVEN)[1])


def distorted(slope: float, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """Return true probabilities bent by a known slope and offset, and what followed of them."""
    random = np.random.default_rng(4)
    true = 1 / (1 + np.exp(-random.normal(-2, 1.2, size=60_000)))
    bent = 1 / (1 + np.exp(-((log_odds(true) - offset) / slope)))
    return bent, random.uniform(size=len(true)) < true


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.5, 0.0), (2.0, 0.0), (1.0, -0.7)])
def test_calibration_finds_the_slope_and_offset_of_a_known_distortion(
    slope: float, offset: float
) -> None:
    foretold, followed = distorted(slope, offset)

    found = calibration(foretold, followed, np.ones(len(foretold)))

    assert found == pytest.approx((offset, slope), abs=0.06)


def test_the_calibration_error_is_the_mean_gap_weighted_by_rows() -> None:
    """Three rows foretold 0.1 of which one followed, one row foretold 0.5 that did not."""
    foretold, bins = np.array([0.1, 0.1, 0.1, 0.5]), np.array([0, 0, 0, 1])
    followed = np.array([True, False, False, False])

    found = reliability(foretold, followed, EVEN, bins)

    assert found.ece == pytest.approx(0.75 * (1 / 3 - 0.1) + 0.25 * 0.5)
    assert found.rows.tolist() == [3, 1]


def test_what_is_true_has_hardly_any_calibration_error() -> None:
    foretold, followed = distorted(1.0, 0.0)
    bins = bin_of(foretold)

    assert len(np.unique(bins)) == 10
    assert reliability(foretold, followed, np.ones(len(foretold)), bins).ece < 0.01


def test_net_benefit_weighs_false_alerts_by_the_odds_of_the_threshold() -> None:
    """Two true and one false of four rows at 20 %: 2/4 - 1/4 x 0.25."""
    alerted = np.array([True, True, True, False])
    followed = np.array([True, True, False, False])

    assert net_benefit(alerted, followed, 0.2) == pytest.approx(0.5 - 0.25 * 0.25)
    assert net_benefit(np.zeros(4, dtype=np.bool_), followed, 0.2) == 0
    assert net_benefit(np.ones(4, dtype=np.bool_), followed, 0.5) == pytest.approx(0.0)
