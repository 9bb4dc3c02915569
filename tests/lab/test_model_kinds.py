from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from lab import model_kinds
from monitoring.families import MAIN
from monitoring.features import FEATURES
from monitoring.sample import Sample
from monitoring.training import Recipe

RECIPE = Recipe(iterations=30, smallest_leaf=20, seed=3, calm=0.5)


def made(seed: int) -> Sample:
    """Make up days on which two features, and one that is missing, mean risk."""
    random = np.random.default_rng(seed)
    described = random.normal(size=(1500, len(FEATURES)))
    described[random.uniform(size=described.shape) < 0.2] = np.nan
    log_odds = -2 + 1.5 * np.nan_to_num(described[:, 5]) + 1.5 * np.isnan(described[:, 1])
    return Sample(
        described,
        {MAIN: random.uniform(size=1500) < 1 / (1 + np.exp(-log_odds))},
        random.uniform(size=1500) < 0.95,
        np.arange(1500) // 50,
        np.arange(1500.0) % 50,
    )


@pytest.fixture(scope="module")
def scored() -> dict[str, np.typing.NDArray[np.float64]]:
    return dict(model_kinds.fitted(made(1), RECIPE)(made(2).described))


def test_every_kind_of_model_ranks_people_it_was_not_fitted_on(
    scored: dict[str, np.typing.NDArray[np.float64]],
) -> None:
    happened = made(2).worsened

    assert len(scored) == 4
    for values in scored.values():
        assert values.shape == happened.shape
        assert 0 <= values.min() <= values.max() <= 1
        assert roc_auc_score(happened, values) > 0.65


def test_calm_rows_are_thinned_without_a_change_of_the_mean_risk(
    scored: dict[str, np.typing.NDArray[np.float64]],
) -> None:
    share = made(2).worsened.mean()

    for name in (model_kinds.ADDITIVE, model_kinds.INTERACTIONS):
        assert abs(scored[name].mean() - share) < 0.04
