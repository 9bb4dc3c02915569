"""What a new person's weight is held against before there is a usual: their weights so far.

A jump that no body makes within a week is as odd on the third day as on the thirtieth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from monitoring.baseline import LEAST_DAYS, describe
from monitoring.daily import daily_medians

if TYPE_CHECKING:
    from monitoring.findings import Usual
    from monitoring.series import Bools, Series


def so_far(
    series: Series, vital: Vital, at: float, days: int, sure: Bools | None = None
) -> Usual | None:
    """Return centre and spread of the readings before an instant, of the last `days` days.

    Only of weight, and only until the usual of a week can be known: a fortnight. None where
    nothing was measured before. `sure` bool[n] are the readings that may teach it.
    """
    if vital is not Vital.BODY_WEIGHT:
        return None
    before = series.times < at
    if sure is not None:
        before &= sure
    if not before.any():
        return None
    medians = daily_medians(series.days[before], series.values[before])
    recent = medians.medians[medians.days > medians.days[-1] - days]
    young = len(np.unique(series.days[before])) < 2 * LEAST_DAYS
    return describe(recent, vital) if young else None
