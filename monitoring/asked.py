"""How often the learned score would alert, counted as the service counts: what sets its thresholds.

The service asks the score at each arrival, not once a day, and an episode ends when nothing was
said of it for as long as the rulebook has it: a threshold that is chosen any other way promises
one burden and brings another (decision 55).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import InvalidError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

YEAR = 365.25
STEPS = 64  # probabilities that are tried from the highest down, ever more rows apart
NEVER_SO_OFTEN = "it tells too few days apart to alert as often as asked: train it on more"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What the score saw of some people each time that it was asked; rows in order of time.

    `described` float[n, f]; `groups` int64[n] patients, each in one piece; `days` float64[n] time
    of each row in days; `years` patient-years in which it could be asked; `quiet` days without a
    word after which an episode is over.
    """

    described: Floats
    groups: NDArray[np.int64]
    days: Floats
    years: float
    quiet: float

    def episodes_per_year(self, fires: Bools, stays: Bools | None = None) -> float:
        """Return alert episodes per patient-year that reach a tier.

        `fires` bool[n] where the tier is reached; `stays` bool[n] where the episode goes on by a
        lesser tier: what falls back and rises again within an episode is no new alert.
        """
        stays = fires if stays is None else stays | fires
        days, groups = self.days[stays], self.groups[stays]
        opens = np.r_[True, (np.diff(days) > self.quiet) | (np.diff(groups) != 0)][: len(days)]
        return len(np.unique(np.cumsum(opens)[fires[stays]])) / self.years


def thresholds(
    probabilities: Floats, asked: Asked, burdens: tuple[tuple[str, float], ...]
) -> list[tuple[str, float]]:
    """Return the tier and the lowest probability at which each keeps within its burden.

    `probabilities` float64[n] of the rows asked. `burdens` are episodes per patient-year of each
    tier, the least tier first: what is of it keeps the episodes of the graver ones open.
    """
    found: list[tuple[str, float]] = []
    stays: Bools | None = None
    for tier, burden in burdens:
        least = threshold_at(burden, probabilities, asked, stays)
        stays = probabilities >= least if stays is None else stays
        found.append((tier, least))
    return found


def threshold_at(
    burden: float, probabilities: Floats, asked: Asked, stays: Bools | None = None
) -> float:
    """Return the lowest probability at which episodes per patient-year stay within `burden`.

    Sought from the top: where nearly everything fires, each person has one episode without end,
    which would be within any burden.

    Raises
    ------
    InvalidError
        No probability brings more than `burden`, as where all are alike.
    """

    def exceeds(least: float) -> bool:
        return asked.episodes_per_year(probabilities >= least, stays) > burden

    distinct = np.unique(probabilities)[::-1]
    ranks = np.unique(np.geomspace(1, max(len(distinct), 1), STEPS).astype(np.int64))
    tried = distinct[ranks[: len(distinct)] - 1].tolist()
    first = next((place for place, least in enumerate(tried) if exceeds(least)), None)
    if first is None:
        raise InvalidError(NEVER_SO_OFTEN, field="patients")
    low, high = tried[first], tried[first - 1] if first else 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if exceeds(middle):
            low = middle
        else:
            high = middle
    return math.ceil(high * 1e6) / 1e6  # rounded up: rounded down it could be over the burden
