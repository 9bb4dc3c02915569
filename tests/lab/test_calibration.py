from __future__ import annotations

import numpy as np
import pytest

from lab.calibrated_lungs import above, auc, robust
from lab.calibration import HEADINGS, calibrated, rows


def test_an_auc_counts_ties_by_half() -> None:
    assert auc(np.array([2.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx(0.875)
    assert np.isnan(auc(np.empty(0), np.array([1.0])))


def test_a_spread_is_not_moved_by_a_few_wrong_readings() -> None:
    values = np.random.default_rng(1).normal(80, 2, 2000)
    values[:20] = 176.0  # pounds

    assert robust(values) == pytest.approx(2.0, abs=0.15)
    assert above(np.array([1.0, 2.0, 3.0]), 2.0) == pytest.approx(2 / 3)


def test_the_simulator_reproduces_most_of_what_was_published() -> None:
    """Positive control (evidence.md 8.5, 8.6 item 6); what it misses stands in the report."""
    found = calibrated(120, 20260101)

    missed = {target.what for target in found if not target.met}
    assert len(missed) <= 8, missed
    sure = {
        "weight, change over 14 d: SD, kg",
        "heart rate within a person: SD, /min",
        "SpO2 within a person: SD, points",
        "nightly RR within a person: SD, /min",
        "Hurst's oximetry score: AUC",
        "NEWS2, median",
        "days measured, median of people",
        "oracle of the latent state today: sensitivity",
    }
    assert not missed & sure
    assert all(len(row) == len(HEADINGS) for row in rows(found))
