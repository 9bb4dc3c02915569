"""Other kinds of model on the same features and the same people, to see what additivity costs.

Logistic regression (missing values by their median and a flag), boosting with every
interaction, and a random forest, each as scikit-learn has it, fitted on days of the base world
and never looked at again before the worlds that are held out (`evidence.md` 8.6, item 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lab.training_run import described
from monitoring.training import Recipe, additive, binned, binning

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from sklearn.base import ClassifierMixin

    from lab.reporting.ways import Models
    from monitoring.sample import Bools, Floats, Sample

LOGISTIC = "logistic regression"
INTERACTIONS = "boosting, all interactions"
FOREST = "random forest"
ADDITIVE = "boosting, no interactions, one head"


def model_kinds(
    patients: int, days: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> Models:
    """Return what scores rows by every kind of model, fitted on so many people."""
    return fitted(described(patients, days, seed=seed, progress=progress), Recipe(seed=seed))


def fitted(sample: Sample, recipe: Recipe) -> Models:
    """Fit every kind on the usable rows of a sample; calm rows are thinned and weigh more."""
    happened = sample.worsened
    drawn = np.random.default_rng(recipe.seed).random(len(happened)) < recipe.calm
    rows = sample.usable & (happened | drawn)
    seen, worse = sample.described[rows], happened[rows]
    weight = np.where(worse, 1.0, 1 / recipe.calm)
    edges = binning(sample.described, recipe)
    models = {
        ADDITIVE: additive(recipe).fit(binned(edges, seen), worse, sample_weight=weight),
        INTERACTIONS: _boosted(recipe).fit(binned(edges, seen), worse, sample_weight=weight),
        LOGISTIC: _logistic(seen, worse, weight),
        FOREST: _forest(recipe).fit(seen, worse, sample_weight=weight),
    }

    def score(described: Floats) -> Mapping[str, NDArray[np.float64]]:
        codes = binned(edges, described)
        return {
            name: _probability(model, codes if name in (ADDITIVE, INTERACTIONS) else described)
            for name, model in models.items()
        }

    return score


def _probability(model: ClassifierMixin, rows: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(model.predict_proba(rows)[:, 1])


def _boosted(recipe: Recipe) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=recipe.iterations,
        learning_rate=recipe.learning_rate,
        max_leaf_nodes=16,
        min_samples_leaf=recipe.smallest_leaf,
        l2_regularization=recipe.ridge,
        early_stopping=False,
        random_state=recipe.seed,
    )


def _logistic(seen: Floats, worse: Bools, weight: Floats) -> ClassifierMixin:
    filled = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    line = make_pipeline(filled, StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    return line.fit(seen, worse, logisticregression__sample_weight=weight)


def _forest(recipe: Recipe) -> RandomForestClassifier:
    return RandomForestClassifier(
        n_estimators=200, min_samples_leaf=25, max_features="sqrt", random_state=recipe.seed
    )
