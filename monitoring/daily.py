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


def daily_medians(days: Ints, values: Floats) -> Daily:
    """Return the median of each local day, without a loop over the days."""
    if not len(days):
        return Daily(days, values)
    order = np.lexsort((values, days))
    sorted_days, sorted_values = days[order], values[order]
    starts = np.flatnonzero(np.r_[True, sorted_days[1:] != sorted_days[:-1]])
    ends = np.r_[starts[1:], len(days)]
    low, high = (starts + ends - 1) // 2, (starts + ends) // 2
    return Daily(sorted_days[starts], (sorted_values[low] + sorted_values[high]) / 2)
