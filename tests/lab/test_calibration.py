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


# As printed in evidence.md 8.5; the change of weight over 14 days as its calibration model gave.
PUBLISHED = {
    "weight rule > 3 lb/1 d or > 5 lb/7 d: episodes a year": (3.5, 5.0),
    "weight rule: sensitivity, 14 d": (0.25, 0.45),
    "ESC 2 kg/3 d: sensitivity, 14 d": (0.15, 0.30),
    "weight, change over 14 d: SD, kg": (1.08, 1.16),
    "heart rate within a person: SD, /min": (4, 6),
    "SpO2 within a person: SD, points": (0.8, 1.3),
    "systolic within a person: SD, mmHg": (7, 11),
    "nightly RR within a person: SD, /min": (0.5, 1.0),
    "people with a weekly resting pulse swing of 10": (0.15, 0.25),
    "Hurst's oximetry score: AUC": (0.75, 0.88),
    "RR + 4.4 in severe COPD: sensitivity": (0.55, 0.75),
    "RR + 4.4: specificity": (0.88, 0.96),
    "> 37.8 °C in pneumonia": (0.60, 0.80),
    "> 38.3 °C in pneumonia": (0.30, 0.50),
    "complete NEWS2 sets of 5 or more": (0.03, 0.07),
    "NEWS2, median": (0, 1),
    "fixed limits: alert days a year, unmerged": (25, 90),
    "days measured, median of people": (0.55, 0.80),
    "oracle of the latent state today: sensitivity": (0.0, 0.85),
}


def test_the_simulator_reproduces_most_of_what_was_published() -> None:
    """Positive control (evidence.md 8.5, 8.6 item 6); what it misses stands in the report."""
    found = calibrated(120, 20260101)

    accepted = {target.what: (target.low, target.high) for target in found}
    assert {what: accepted[what] for what in PUBLISHED} == PUBLISHED
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
