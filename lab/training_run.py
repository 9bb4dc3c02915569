"""One training run on simulated lives, apart so that only `wardlight train` loads scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.asking import asks_of
from lab.scenarios import WORLDS
from lab.simulator import simulate
from lab.training_set import Lacking, askings_of, sample_of
from monitoring.families import TARGETS
from monitoring.service import load_rulebook
from monitoring.training import Recipe, train

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lab.simulator import Life
    from monitoring.asked import Asked
    from monitoring.sample import Sample

TRAINED_ON = "simulated data"
STEPS_OF_FITTING = len(TARGETS)
ASKED = 10  # of so many people who teach, one more is only asked: on them thresholds are set
HOURS = 24.0


def trained(
    patients: int, days: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Return the artefact trained on the base world; the same arguments give the same one.

    `progress` is called once for each person described and once for each head fitted.
    """
    sample = described(patients, days, seed=seed, progress=progress)
    others = asked(patients, days, seed=seed, progress=progress)
    return train(sample, others, Recipe(seed=seed), trained_on=TRAINED_ON, progress=progress)


def people(patients: int) -> int:
    """Return how many people are described where so many teach."""
    return patients + _others(patients)


def described(
    patients: int, days: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> Sample:
    """Return the described days of people of the base world; `progress` is called for each."""
    lives = _lives(patients, days, seed)
    return sample_of(lives, seed=seed, lacking=Lacking(), progress=progress)


def asked(
    patients: int, days: int, *, seed: int, progress: Callable[[], None] = lambda: None
) -> Asked:
    """Return what the score would see of other people of that world, each time that it is asked."""
    seed = seed + 1  # nobody of those who teach
    quiet = load_rulebook().clear_hours / HOURS
    lives = _lives(_others(patients), days, seed)
    return askings_of(lives, seed=seed, quiet=quiet, lacking=Lacking(), progress=progress)


def _others(patients: int) -> int:
    return -(-patients // ASKED)


def _lives(patients: int, days: int, seed: int) -> Iterator[Life]:
    asks = asks_of(load_rulebook())  # a value that is off is measured again, as live
    return simulate(patients, days, world=WORLDS["base"], seed=seed, asks=asks)
