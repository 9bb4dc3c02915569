"""How much wider a spread learnt from few days must be taken, for charts to signal as published.

The published lengths between false signals hold for a known centre and spread. Learnt from n days
both err, and a chart signals many times as often (Jones, Champ and Rigdon, Technometrics 2001;43:
156-167 for the EWMA, Journal of Quality Technology 2004;36:95-108 for the CUSUM; Quesenberry,
Journal of Quality Technology 1991;23:213-224 for single values). They widen the limits of charts
of mean and standard deviation; those of median and MAD are made by `wardlight lab widening`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

# Frozen from `wardlight lab widening`: the factor of the spread by valid days, for each chart
# (z at 3, EWMA of 14 days with lambda 0.2 at 2.96, CUSUM of 14 days with k 0.5 at 5).
DAYS = (7, 10, 14, 18, 21, 24, 28)
FACTORS: Mapping[str, tuple[float, ...]] = {
    "z": (3.98, 2.27, 1.76, 1.55, 1.48, 1.38, 1.32),
    "ewma": (6.17, 3.08, 2.24, 1.89, 1.77, 1.62, 1.52),
    "cusum": (7.07, 3.49, 2.45, 2.04, 1.89, 1.71, 1.59),
}


@lru_cache(maxsize=512)
def widening(chart: str, days: int) -> float:
    """Return the factor of a robust spread that was learnt from so many valid days, >= 1.

    Of more days than were simulated it is that of the most, of fewer that of the fewest.
    """
    return float(np.interp(days, DAYS, FACTORS[chart]))
