"""The median of each local day: what every baseline and every trend is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Daily:
    """One median per local day that has a reading: `days` int64[m] ordinals, ascending."""

    days: Ints
    medians: Floats

    def between(self, first: int, last: int) -> Daily:
        """Return the days from `first` to `last`, both included."""
        low, high = self.days.searchsorted((first, last + 1))
        return Daily(self.days[low:high], self.medians[low:high])


def daily_medians(days: Ints, values: Floats, weights: Ints | None = None) -> Daily:
    """Return the median of each local day, without a loop over the days.

    With `weights`, each value counts for so many; of a day on which none counts yet, each does
    once. The median of hourly medians that each count for their hour lies between the quartiles
    of the day: at least half the hours, of each at least half the readings, lie on either side.
    """
    if not len(days):
        return Daily(days, values)
    if weights is not None:
        return _weighted(days, values, weights)
    order = np.lexsort((values, days))
    sorted_days, sorted_values = days[order], values[order]
    starts, ends = _bounds(sorted_days)
    low, high = (starts + ends - 1) // 2, (starts + ends) // 2
    return Daily(sorted_days[starts], (sorted_values[low] + sorted_values[high]) / 2)


def _weighted(days: Ints, values: Floats, weights: Ints) -> Daily:
    order = np.lexsort((values, days))
    days, values, counts = days[order], values[order], weights[order]
    starts, ends = _bounds(days)
    uncounted = np.add.reduceat(counts, starts) == 0
    reached = np.cumsum(np.where(np.repeat(uncounted, ends - starts), 1, counts))
    before = np.r_[0, reached[starts[1:] - 1]]
    total = reached[ends - 1] - before
    # As where each counts for one: the mean of the two in the middle.
    low = reached.searchsorted(before + (total + 1) // 2)
    high = reached.searchsorted(before + total // 2 + 1)
    return Daily(days[starts], (values[low] + values[high]) / 2)


def middle(values: list[float]) -> float:
    """Return the median of at least one value."""
    # On four weeks of days np.median costs fifteen times as much, and np.sort three times.
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def weighted_middle(values: Floats, weights: Ints) -> float:
    """Return the median of one day, each value counting for so many; of none, each for one."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    if not reached[-1]:
        reached = np.arange(1, len(values) + 1)
    total = reached[-1]
    low, high = reached.searchsorted(((total + 1) // 2, total // 2 + 1))
    return float(values[order[low]] + values[order[high]]) / 2


def _bounds(days: Ints) -> tuple[Ints, Ints]:
    """Return where each day begins and where it ends, in days that ascend."""
    changes = np.flatnonzero(days[1:] != days[:-1]) + 1
    bounds = np.empty(len(changes) + 2, dtype=np.int64)
    bounds[0], bounds[1:-1], bounds[-1] = 0, changes, len(days)
    return bounds[:-1], bounds[1:]
