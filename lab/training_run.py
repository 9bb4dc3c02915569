"""One training run on simulated lives, apart so that only `wardlight train` loads scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.asking import asks_of
from lab.scenarios import WORLDS
from lab.simulator import simulate
from lab.training_set import Lacking, sample_of
from monitoring.families import TARGETS
from monitoring.service import load_rulebook
from monitoring.training import Recipe, train

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitoring.sample import Sample

TRAINED_ON = "simulated data"
STEPS_OF_FITTING = len(TARGETS)


def trained(
    patients: int, days: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Return the artefact trained on the base world; the same arguments give the same one.

    `progress` is called once for each person described and once for each head fitted.
    """
    sample = described(patients, days, seed=seed, progress=progress)
    return train(sample, Recipe(seed=seed), trained_on=TRAINED_ON, progress=progress)


def described(
    patients: int, days: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> Sample:
    """Return the described days of people of the base world; `progress` is called for each."""
    asks = asks_of(load_rulebook())  # a value that is off is measured again, as live
    lives = simulate(patients, days, world=WORLDS["base"], seed=seed, asks=asks)
    return sample_of(lives, seed=seed, lacking=Lacking(), progress=progress)
