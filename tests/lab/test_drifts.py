"""False signals of the charts are counted on lives in which nothing drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lab import drifts
from monitoring.control_charts import ControlChartRule
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    import pytest


def test_the_same_seed_counts_the_same_and_every_chart_is_counted() -> None:
    once, again = (drifts.measured(RULEBOOK, patients=1, days=40, seed=7) for _ in range(2))

    assert once == again
    assert {count.rule for count in once} == set(drifts.PUBLISHED)
    assert all(count.days == 40 for count in once)
    assert {count.rule: count.signals for count in once} == {
        "HF-WTREND": 1,
        "PB-Z": 8,
        "PB-EWMA": 8,
        "PB-CUSUM": 8,
    }


def test_what_never_varies_never_signals_and_what_jumps_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flat = {vital: (centre, 0.0) for vital, (centre, _) in drifts.SIGNALS.items()}
    monkeypatch.setattr(drifts, "SIGNALS", flat)

    assert all(c.told == 0 for c in drifts.measured(RULEBOOK, patients=1, days=40, seed=7))


def test_a_run_past_the_limit_is_one_signal() -> None:
    past = drifts.stable(np.random.default_rng(1), drifts.SETTLING + 10)
    series = past.series[next(iter(drifts.SIGNALS))]
    series.values[-5:] += 1e3
    series.daily.medians[-5:] += 1e3
    charts = [r for r in RULEBOOK.rules if isinstance(r, ControlChartRule) and r.id == "PB-CUSUM"]
    counts = {"PB-CUSUM": drifts.Count("PB-CUSUM", 8)}

    drifts._watch(past, charts, counts)

    assert counts["PB-CUSUM"].told <= 2
    assert counts["PB-CUSUM"].told >= 1
