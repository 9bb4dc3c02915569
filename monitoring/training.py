"""How the learned risk is fitted, calibrated, given thresholds and written as plain numbers.

Production retrains with this file; where the data come from is the caller's affair and is
written into the artefact. Patients, never days, are what is split (`evidence.md` 3.5).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from core.errors import InvalidError
from monitoring.asked import thresholds
from monitoring.drift import bin_shares
from monitoring.families import MAIN, TARGETS
from monitoring.features import FEATURES, FORMAT
from monitoring.risk import ARTEFACT_FORMAT, digest, likeliest, probabilities, readable, single

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from monitoring.asked import Asked
    from monitoring.families import Target
    from monitoring.sample import Bools, Floats, Sample

BANDS = 10  # of the calibration table
LEARNED_NOTHING = "it ranks people it was not fitted on the wrong way round: train it on more"
MEASURED_ON = "other people of the same kind, asked at each arrival, as the service counts episodes"
TAILS = (0.001, 0.005)  # shares at either end with a bin of their own


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fit. `burdens`: episodes per patient-year with each tier, the least tier first."""

    iterations: int = 200
    learning_rate: float = 0.08
    leaves: int = 4
    smallest_leaf: int = 60
    ridge: float = 5.0
    bins: int = 32
    calm: float = 0.25  # share of the rows without an event that are learned from, each for more
    held_out: float = 0.25  # share of patients that calibrate
    burdens: tuple[tuple[str, float], ...] = (("YELLOW", 6.0), ("AMBER", 3.0))  # decision 55
    seed: int = 20260101


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """One head before it becomes numbers: binned features go in, log-odds come out."""

    target: Target
    estimator: HistGradientBoostingClassifier
    edges: tuple[Floats, ...]
    slope: float
    offset: float

    def log_odds(self, described: Floats) -> Floats:
        """Return float64[n], uncalibrated, straight from scikit-learn."""
        return np.asarray(self.estimator.decision_function(binned(self.edges, described)))


def train(  # noqa: PLR0913 (who is learned from, who is asked, how, and what is said of it)
    sample: Sample,
    asked: Asked,
    recipe: Recipe,
    *,
    trained_on: str,
    more: Sample | None = None,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Fit, calibrate and set thresholds; return the artefact as plain JSON values.

    `asked` is what the score would see of people who taught it nothing: on them the thresholds
    are set. `more` are days of other people: heads whose outcome is known of them learn from
    them too. `progress` is called once for each head.
    """
    held_out = np.isin(sample.groups, _held_out(sample.groups, recipe))
    learn, check = sample.of(~held_out & sample.usable), sample.of(held_out & sample.usable)
    edges = binning(learn.described, recipe)
    to_learn, to_check = _halves(more, recipe)
    heads = []
    for target in TARGETS:
        mine, others = learn.joined(to_learn, target), check.joined(to_check, target)
        if target == MAIN or (_both(mine, target) and _both(others, target)):
            head = fit(target, mine, others, recipe, edges)
            # One that ranks people it was not fitted on the wrong way round knows nothing.
            heads += [head] if target == MAIN or head.slope > 0 else []
        progress()
    if heads[0].slope <= 0:
        raise InvalidError(LEARNED_NOTHING, field="patients")
    return export(heads, sample.of(held_out), asked, recipe, _card(sample, recipe, trained_on))


def _both(sample: Sample, target: Target) -> bool:
    """Return whether there are rows with such an event and rows without."""
    happened = sample.outcomes.get(target)
    return happened is not None and 0 < int(happened.sum()) < len(happened)


def _halves(more: Sample | None, recipe: Recipe) -> tuple[Sample | None, Sample | None]:
    """Return what of the further days is learned from, and what calibrates."""
    if more is None:
        return None, None
    apart = np.isin(more.groups, _held_out(more.groups, recipe))
    return more.of(~apart), more.of(apart)


def _held_out(groups: NDArray[np.int64], recipe: Recipe) -> NDArray[np.int64]:
    patients = np.unique(groups)
    count = max(1, round(recipe.held_out * len(patients)))
    return np.random.default_rng(recipe.seed).permutation(patients)[:count]


def binning(described: Floats, recipe: Recipe) -> tuple[Floats, ...]:
    """Return the bin edges of each feature: the same for all heads."""
    return tuple(_edges(column, recipe.bins) for column in described.T)


def fit(
    target: Target, learn: Sample, calibrate: Sample, recipe: Recipe, edges: tuple[Floats, ...]
) -> Fitted:
    """Fit one head on one set of patients and calibrate it (Platt) on another."""
    happened = learn.outcomes[target]
    rows = happened | (np.random.default_rng(recipe.seed).random(len(happened)) < recipe.calm)
    estimator = additive(recipe).fit(
        binned(edges, learn.described[rows]),
        happened[rows],
        sample_weight=np.where(happened[rows], 1.0, 1 / recipe.calm) * learn.weight[rows],
    )
    raw = estimator.decision_function(binned(edges, calibrate.described))
    return Fitted(target, estimator, edges, *_platt(raw, calibrate, target))


def _platt(raw: Floats, sample: Sample, target: Target) -> tuple[float, float]:
    """Return slope and offset of Platt's calibration; what cannot be checked stays as it is."""
    if not _both(sample, target):
        return 1.0, 0.0
    platt = LogisticRegression(C=1e6)
    platt.fit(raw[:, None], sample.outcomes[target], sample_weight=sample.weight)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def additive(recipe: Recipe) -> HistGradientBoostingClassifier:
    """Return the estimator: boosted, without interactions, monotonic where physiology says."""
    return HistGradientBoostingClassifier(
        interaction_cst="no_interactions",
        monotonic_cst=[feature.monotonic for feature in FEATURES],
        max_iter=recipe.iterations,
        learning_rate=recipe.learning_rate,
        max_leaf_nodes=recipe.leaves,
        min_samples_leaf=recipe.smallest_leaf,
        l2_regularization=recipe.ridge,
        early_stopping=False,
        random_state=recipe.seed,
    )


def _edges(column: Floats, bins: int) -> Floats:
    """Return ascending bin edges of what is known: between few values, else rounded quantiles.

    What is rare, as a fall or a complaint, has an edge of its own whatever its share; so have the
    ends of a distribution, where emergencies lie.
    """
    known = np.unique(column[~np.isnan(column)]).astype(np.float64)
    if len(known) <= bins:
        return known[1:]
    shares = [*TAILS, *np.linspace(0, 1, bins + 1)[1:-1], *(1 - share for share in TAILS)]
    quantiles = np.nanquantile(column, sorted(shares))
    return np.unique(np.array([float(f"{edge:.4g}") for edge in quantiles]))


def binned(edges: tuple[Floats, ...], described: Floats) -> NDArray[np.float32]:
    """Return bin numbers, float32[n, f], keeping NaN: what scikit-learn is shown."""
    found = np.empty(described.shape, dtype=np.float32)
    for j, each in enumerate(edges):
        found[:, j] = each.searchsorted(single(described[:, j]), side="right")
    found[np.isnan(described)] = np.nan
    return found


def export(
    heads: list[Fitted], checked_on: Sample, asked: Asked, recipe: Recipe, card: Mapping[str, Any]
) -> dict[str, Any]:
    """Write the fitted heads as numbers; calibration is measured on a sample, tiers on `asked`."""
    edges = heads[0].edges
    codes = binned(edges, checked_on.described)
    payload: dict[str, Any] = {
        "format": ARTEFACT_FORMAT,
        "features_format": FORMAT,
        "features": [
            {"name": feature.name, "edges": each.tolist()}
            for feature, each in zip(FEATURES, edges, strict=True)
        ],
        "heads": [_written(head, codes) for head in heads],
        "trained_on": card["trained_on"],
        "thresholds": [],
        "training": dict(card),
    }
    model = readable(payload)
    # As live calibration does it: who is under treatment is no test of what was foretold.
    judged = checked_on.of(checked_on.usable)
    payload["thresholds"] = _tiers(likeliest(model, asked.described), asked, recipe)
    payload["training"] |= {
        "asked_years": round(asked.years, 1),
        "shares": bin_shares(codes, [len(each) + 1 for each in edges]),
        "calibration": calibration(probabilities(model, judged.described), judged.worsened),
    }
    return payload | {"sha256": digest(payload)}


def _written(head: Fitted, codes: NDArray[np.float32]) -> dict[str, Any]:
    """Return one head as numbers.

    Without interactions, what a feature adds is the log-odds with all others missing less
    the log-odds with all missing; it is centred on its mean so that a person like most
    others has points near zero.
    """
    nothing = np.full((1, len(FEATURES)), np.nan)
    base = float(head.estimator.decision_function(nothing)[0])
    centre, every = base, []
    for j, edges in enumerate(head.edges):
        points = _points(head.estimator, j, len(edges) + 1) - base
        index = np.where(np.isnan(codes[:, j]), len(edges) + 1, codes[:, j]).astype(np.int64)
        mean = float(points[index].mean())
        centre += mean
        every.append((points - mean).tolist())
    return {
        "family": head.target.family,
        "horizon_days": head.target.horizon_days,
        "intercept": centre,
        "calibration": {"method": "Platt", "slope": head.slope, "offset": head.offset},
        "points": every,
    }


def _points(estimator: HistGradientBoostingClassifier, column: int, bins: int) -> Floats:
    """Return float64[bins + 1]: log-odds of each bin with all else missing, missing last."""
    alone = np.full((bins + 1, len(FEATURES)), np.nan)
    alone[:bins, column] = np.arange(bins)
    return np.asarray(estimator.decision_function(alone))


def calibration(predicted: Floats, happened: Bools) -> list[dict[str, float]]:
    """Return predicted and seen of ten bands of as many rows each: the calibration table."""
    order = np.argsort(predicted, kind="stable")
    return [
        {
            "rows": len(rows),
            "predicted": float(predicted[rows].mean()),
            "seen": float(happened[rows].mean()),
        }
        for rows in np.array_split(order, BANDS)
        if len(rows)
    ]


def _tiers(leading: Floats, asked: Asked, recipe: Recipe) -> list[dict[str, Any]]:
    burdens = dict(recipe.burdens)
    return [
        {
            "tier": tier,
            "probability": probability,
            "per_patient_year": burdens[tier],
            "measured_on": MEASURED_ON,
        }
        for tier, probability in thresholds(leading, asked, recipe.burdens)
    ]


def _card(sample: Sample, recipe: Recipe, trained_on: str) -> dict[str, Any]:
    return {
        "trained_on": trained_on,
        "patients": len(np.unique(sample.groups)),
        "rows": len(sample.groups),
        "rows_before_an_event": int(sample.worsened.sum()),
        "data_sha256": sample.digest(),
        "scikit_learn": sklearn.__version__,
        "numpy": np.__version__,
        "recipe": {key: _plain(value) for key, value in asdict(recipe).items()},
    }


def _plain(value: Any) -> Any:
    return [list(pair) for pair in value] if isinstance(value, tuple) else value
