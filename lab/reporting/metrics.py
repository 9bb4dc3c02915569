"""How well probabilities rank and how true they are: plain formulas, weighted row by row.

Weights are how often the patient of a row was drawn in a bootstrap sample, so that patients
are drawn and never days. Nothing here knows what is predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

LEAST, MOST = 1e-6, 1 - 1e-6  # probabilities are kept off 0 and 1, where log-odds have no end
NEWTON = 25
BINS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Rows by level of probability, so that each sample of patients only counts."""

    level: NDArray[np.int64]  # of each row, 0 is the lowest probability
    levels: int
    followed: Bools

    @classmethod
    def of(cls, probabilities: Floats, followed: Bools) -> Ranked:
        """Return the rows ranked once."""
        unique, level = np.unique(probabilities, return_inverse=True)
        return cls(level.reshape(-1), len(unique), followed)

    def counts(self, weights: Floats) -> tuple[Floats, Floats]:
        """Return weighted events and non-events at each level, float64[levels] each."""
        hit = _summed(self.level, weights * self.followed, self.levels)
        return hit, _summed(self.level, weights * ~self.followed, self.levels)


def _summed(which: NDArray[np.int64], values: Floats, count: int) -> Floats:
    return np.asarray(np.bincount(which, values, minlength=count), dtype=np.float64)


def auroc(ranked: Ranked, weights: Floats) -> float:
    """Return how often a row before an event ranks above another, ties by half."""
    hit, miss = ranked.counts(weights)
    if not hit.sum() or not miss.sum():
        return float("nan")
    below = np.cumsum(miss) - miss
    return float((hit * (below + miss / 2)).sum() / (hit.sum() * miss.sum()))


def auprc(ranked: Ranked, weights: Floats) -> float:
    """Return average precision: precision at each level, weighted by the recall it adds."""
    hit, miss = (each[::-1] for each in ranked.counts(weights))
    if not hit.sum():
        return float("nan")
    found, alerted = np.cumsum(hit), np.cumsum(hit + miss)
    precision = np.divide(found, alerted, out=np.zeros_like(found), where=alerted > 0)
    return float((precision * hit).sum() / hit.sum())


def log_odds(probabilities: Floats) -> Floats:
    """Return log-odds, kept finite."""
    kept = np.clip(probabilities, LEAST, MOST)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def calibration(
    probabilities: Floats,
    followed: Bools,
    weights: Floats,
    start: tuple[float, float] | None = None,
) -> tuple[float, float]:
    """Return intercept and slope of what followed on the log-odds: (0, 1) is truth."""
    x = log_odds(probabilities)
    design = np.stack([np.ones_like(x), x])
    hit, miss = (weights * followed).sum(), (weights * ~followed).sum()
    if not hit or not miss:
        return float("nan"), float("nan")
    # From a flat line Newton's steps stay small, however wrong the forecasts are.
    fit = np.array(start or (np.log(hit / miss), 0.0))
    for _ in range(NEWTON):
        expected = 1 / (1 + np.exp(-(fit @ design)))
        pull = design @ (weights * (followed - expected))
        bend = (design * (weights * expected * (1 - expected))) @ design.T
        if np.linalg.cond(bend) > 1e12:  # noqa: PLR2004 (all probabilities the same)
            return float("nan"), float("nan")
        step = np.linalg.solve(bend, pull)
        fit = fit + step
        if np.abs(step).max() < 1e-8:  # noqa: PLR2004 (converged)
            break
    return float(fit[0]), float(fit[1])


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Foretold and seen in bins of about as many rows each, float64[bins]."""

    foretold: Floats
    seen: Floats
    rows: Floats

    @property
    def ece(self) -> float:
        """Return the expected calibration error: the mean gap, weighted by rows."""
        if not self.rows.sum():
            return float("nan")
        return float(np.average(np.abs(self.foretold - self.seen), weights=self.rows))


def bin_of(probabilities: Floats, bins: int = BINS) -> NDArray[np.int64]:
    """Return the bin of each row, equal in number as far as ties allow."""
    inner = np.quantile(probabilities, np.linspace(0, 1, bins + 1)[1:-1])
    return np.asarray(np.searchsorted(np.unique(inner), probabilities, side="right"))


def reliability(
    probabilities: Floats, followed: Bools, weights: Floats, bins: NDArray[np.int64]
) -> Reliability:
    """Return what was foretold and what was seen, by bin."""
    most = int(bins.max(initial=0)) + 1
    rows = _summed(bins, weights, most)
    foretold = _summed(bins, weights * probabilities, most)
    seen = _summed(bins, weights * followed, most)
    known = rows > 0
    return Reliability(foretold[known] / rows[known], seen[known] / rows[known], rows[known])


def net_benefit(alerted: Bools, followed: Bools, threshold: float) -> float:
    """Return true positives less false ones at the threshold's odds, per row (Vickers 2006)."""
    rows = len(followed)
    if not rows:
        return float("nan")
    true, false = np.sum(alerted & followed), np.sum(alerted & ~followed)
    return float(true / rows - false / rows * threshold / (1 - threshold))
