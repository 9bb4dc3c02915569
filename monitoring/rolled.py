"""Dense streams in the arrays of a judgement: what stands for their readings, and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ingest import rollup
from ingest.rollup import HOUR, MOST, ROLLED
from monitoring.series import DAY

if TYPE_CHECKING:
    from datetime import datetime

    from core.vitals import Vital
    from monitoring.series import Bools, Floats, Ints
    from monitoring.windows import History


def crowded(vital: Vital, times: Floats) -> bool:
    """Return whether more readings than `ingest.rollup.MOST` lie within any hour, ascending."""
    return vital in ROLLED and bool((times[MOST:] - times[:-MOST] < HOUR).any())


def standing(
    times: Floats, devices: Ints, values: Floats, counts: Ints, exact: Bools
) -> tuple[Bools, Ints]:
    """Return which readings of one vital stand for all, and each for how many.

    `times` ascend, and `devices` are numbers of them; `exact` bool[n] are readings of an instant:
    no other may have one stand for it.
    """
    hours = (times // HOUR).astype(np.int64)
    rows = np.lexsort((hours, devices))
    rows = rows[exact[rows]]
    stays, stands = np.ones(len(times), dtype=np.bool_), counts.copy()
    if len(rows):
        span = int(hours[-1]) - int(hours[0]) + 1
        numbers = (devices * span + hours - hours[0])[rows]
        stays[rows], stands[rows] = rollup.standing(numbers, values[rows], counts[rows])
    return stays, stands


def to_roll_up(past: History, *, now: datetime) -> bool:
    """Return whether a stream runs, or a day that is over is still read by its hours."""
    over = now.timestamp() - DAY
    for vital, series in past.series.items():
        if vital in ROLLED and series.weights is not None:
            stands = series.weights > 1
            days = series.days[stands & (series.times < over)]
            if stands[series.since(over)].any() or len(days) > len(np.unique(days)):
                return True
    return False
