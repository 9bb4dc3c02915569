"""How the learned risk is fitted, calibrated, given thresholds and written as plain numbers.

Production retrains with this file; where the data come from is the caller's affair and is
written into the artefact. Patients, never days, are what is split (`evidence.md` 3.5).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from monitoring.drift import bin_shares
from monitoring.features import FEATURES, FORMAT
from monitoring.risk import ARTEFACT_FORMAT, digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MERGE_DAYS = 14  # one alert episode, evidence.md 3.5
YEAR = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Described instants with what followed; rows of one group are in order of time.

    `described` float64[n, f]; `worsened` bool[n], an event within the horizon; `usable`
    bool[n], false while an event that was already recorded is being treated; `groups`
    int64[n] patients; `days` float64[n] time of each row in days; `weights` float64[n], how many
    patient-days each stands for, None where each stands for itself.
    """

    described: Floats
    worsened: NDArray[np.bool_]
    usable: NDArray[np.bool_]
    groups: NDArray[np.int64]
    days: Floats
    weights: Floats | None = None

    def of(self, rows: NDArray[np.bool_]) -> Sample:
        """Return the sample of these rows, bool[n]."""
        return Sample(
            self.described[rows],
            self.worsened[rows],
            self.usable[rows],
            self.groups[rows],
            self.days[rows],
            None if self.weights is None else self.weights[rows],
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fit. `burdens`: alert episodes per patient-year at which each tier begins."""

    horizon_days: int = 7
    iterations: int = 300
    learning_rate: float = 0.08
    leaves: int = 4
    smallest_leaf: int = 500
    ridge: float = 5.0
    bins: int = 24
    held_out: float = 0.25  # share of patients that calibrate and set thresholds
    burdens: tuple[tuple[str, float], ...] = (("YELLOW", 4.0), ("AMBER", 2.0))
    seed: int = 20260101


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted model before it becomes numbers: binned features go in, log-odds come out."""

    estimator: HistGradientBoostingClassifier
    edges: tuple[Floats, ...]
    slope: float
    offset: float

    def log_odds(self, described: Floats) -> Floats:
        """Return float64[n], uncalibrated, straight from scikit-learn."""
        return np.asarray(self.estimator.decision_function(binned(self.edges, described)))


def train(sample: Sample, recipe: Recipe, *, trained_on: str) -> dict[str, Any]:
    """Fit, calibrate and set thresholds; return the artefact as plain JSON values."""
    held_out = np.isin(sample.groups, _held_out(sample.groups, recipe))
    fitted = fit(sample.of(~held_out & sample.usable), sample.of(held_out & sample.usable), recipe)
    card = _card(sample, recipe, trained_on) | {"shares": _shares(fitted.edges, sample.described)}
    return export(fitted, sample.of(held_out), recipe, card)


def _held_out(groups: NDArray[np.int64], recipe: Recipe) -> NDArray[np.int64]:
    patients = np.unique(groups)
    count = max(1, round(recipe.held_out * len(patients)))
    return np.random.default_rng(recipe.seed).permutation(patients)[:count]


def fit(learn: Sample, calibrate: Sample, recipe: Recipe) -> Fitted:
    """Fit on one set of patients and calibrate (Platt) on another."""
    edges = tuple(_edges(column, recipe.bins) for column in learn.described.T)
    estimator = HistGradientBoostingClassifier(
        interaction_cst="no_interactions",
        monotonic_cst=[feature.monotonic for feature in FEATURES],
        max_iter=recipe.iterations,
        learning_rate=recipe.learning_rate,
        max_leaf_nodes=recipe.leaves,
        min_samples_leaf=recipe.smallest_leaf,
        l2_regularization=recipe.ridge,
        early_stopping=False,
        random_state=recipe.seed,
    ).fit(binned(edges, learn.described), learn.worsened, sample_weight=learn.weights)
    raw = estimator.decision_function(binned(edges, calibrate.described))
    platt = LogisticRegression(C=1e6).fit(
        raw[:, None], calibrate.worsened, sample_weight=calibrate.weights
    )
    return Fitted(estimator, edges, float(platt.coef_[0, 0]), float(platt.intercept_[0]))


def _edges(column: Floats, bins: int) -> Floats:
    """Return ascending bin edges at rounded quantiles of what is known, float64[≤ bins - 1]."""
    known = column[~np.isnan(column)]
    if not len(known):
        return np.empty(0)
    quantiles = np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])
    return np.unique(np.array([float(f"{edge:.4g}") for edge in quantiles]))


def binned(edges: tuple[Floats, ...], described: Floats) -> Floats:
    """Return bin numbers, float64[n, f], keeping NaN: what scikit-learn is shown."""
    columns = [e.searchsorted(c, side="right") for e, c in zip(edges, described.T, strict=True)]
    return np.where(np.isnan(described), np.nan, np.array(columns, dtype=np.float64).T)


def export(
    fitted: Fitted, thresholds_on: Sample, recipe: Recipe, card: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the fitted model as numbers.

    Without interactions, what a feature adds is the log-odds with all others missing less
    the log-odds with all missing; it is centred on its mean so that a person like most
    others has points near zero.
    """
    codes = binned(fitted.edges, thresholds_on.described)
    nothing = np.full((1, len(FEATURES)), np.nan)
    base = float(fitted.estimator.decision_function(nothing)[0])
    features, centre = [], base
    for j, (feature, edges) in enumerate(zip(FEATURES, fitted.edges, strict=True)):
        points = _points(fitted.estimator, j, len(edges) + 1) - base
        index = np.where(np.isnan(codes[:, j]), len(edges) + 1, codes[:, j]).astype(np.int64)
        mean = float(points[index].mean())
        centre += mean
        features.append(_written(feature.name, edges, points - mean))
    log_odds = fitted.slope * fitted.log_odds(thresholds_on.described) + fitted.offset
    payload = {
        "format": ARTEFACT_FORMAT,
        "features_format": FORMAT,
        "features": features,
        "intercept": centre,
        "calibration": {"method": "Platt", "slope": fitted.slope, "offset": fitted.offset},
        "horizon_days": recipe.horizon_days,
        "trained_on": card["trained_on"],
        "thresholds": _thresholds(1 / (1 + np.exp(-log_odds)), thresholds_on, recipe),
        "training": dict(card),
    }
    return payload | {"sha256": digest(payload)}


def _points(estimator: HistGradientBoostingClassifier, column: int, bins: int) -> Floats:
    """Return float64[bins + 1]: log-odds of each bin with all else missing, missing last."""
    alone = np.full((bins + 1, len(FEATURES)), np.nan)
    alone[:bins, column] = np.arange(bins)
    return np.asarray(estimator.decision_function(alone))


def _written(name: str, edges: Floats, points: Floats) -> dict[str, Any]:
    return {
        "name": name,
        "edges": edges.tolist(),
        "points": points[:-1].tolist(),
        "missing": float(points[-1]),
    }


def _thresholds(probabilities: Floats, sample: Sample, recipe: Recipe) -> list[dict[str, Any]]:
    return [
        {
            "tier": tier,
            "probability": threshold_at(burden, probabilities, sample),
            "per_patient_year": burden,
            "measured_on": "held-out training patients, episodes merged over 14 days",
        }
        for tier, burden in recipe.burdens
    ]


def threshold_at(burden: float, probabilities: Floats, sample: Sample) -> float:
    """Return the lowest probability at which episodes per patient-year stay within `burden`."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if episodes_per_year(probabilities >= middle, sample) > burden:
            low = middle
        else:
            high = middle
    return round(high, 6)


def episodes_per_year(fires: NDArray[np.bool_], sample: Sample) -> float:
    """Return alert episodes per patient-year: firings merged until 14 days are quiet."""
    days, groups = sample.days[fires], sample.groups[fires]
    opens = np.r_[True, (np.diff(days) > MERGE_DAYS) | (np.diff(groups) != 0)][: len(days)]
    return float(opens.sum()) / patient_years(sample)


def patient_years(sample: Sample) -> float:
    """Return the observed time: one row stands for one patient-day."""
    return len(sample.days) / YEAR


def _card(sample: Sample, recipe: Recipe, trained_on: str) -> dict[str, Any]:
    content = hashlib.sha256()
    for array in (sample.described, sample.worsened, sample.usable, sample.groups, sample.days):
        content.update(np.ascontiguousarray(array).tobytes())
    return {
        "trained_on": trained_on,
        "patients": len(np.unique(sample.groups)),
        "rows": len(sample.groups),
        "rows_before_an_event": int(sample.worsened.sum()),
        "data_sha256": content.hexdigest(),
        "scikit_learn": sklearn.__version__,
        "numpy": np.__version__,
        "recipe": {key: _plain(value) for key, value in asdict(recipe).items()},
    }


def _shares(edges: tuple[Floats, ...], described: Floats) -> list[list[float]]:
    """Return how the training data spread over the bins of each feature: what drift is told by."""
    return bin_shares(binned(edges, described), [len(each) + 1 for each in edges])


def _plain(value: Any) -> Any:
    return [list(pair) for pair in value] if isinstance(value, tuple) else value
