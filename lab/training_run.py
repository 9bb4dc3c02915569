"""One training run on simulated lives, apart so that only `wardlight train` loads scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.scenarios import WORLDS
from lab.simulator import simulate
from lab.training_set import sample_of
from monitoring.training import Recipe, train

if TYPE_CHECKING:
    from collections.abc import Callable

TRAINED_ON = "simulated data"


def trained(
    patients: int, days: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Return the artefact trained on the base world; the same arguments give the same one."""
    recipe = Recipe(seed=seed)
    lives = simulate(patients, days, world=WORLDS["base"], seed=seed)
    sample = sample_of(lives, horizon_days=recipe.horizon_days, seed=seed, progress=progress)
    artefact = train(sample, recipe, trained_on=TRAINED_ON)
    progress()
    return artefact
