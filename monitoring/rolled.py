"""Dense streams in the arrays of a judgement: what stands for their readings, and how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ingest.rollup import HOUR, MOST, ROLLED, by_hour
from monitoring.series import DAY

if TYPE_CHECKING:
    from datetime import datetime

    from core.vitals import Reading
    from monitoring.series import Floats, Ints
    from monitoring.windows import History


def standing(readings: list[Reading], times: list[float]) -> list[Reading]:
    """Return what stands for the readings of one vital, taken at ascending `times`."""
    if readings[0].vital not in ROLLED or not _crowded(np.array(times)):
        return readings
    return by_hour(readings)


def _crowded(times: Floats) -> bool:
    """Return whether more readings than `ingest.rollup.MOST` lie within any hour."""
    return bool((times[MOST:] - times[:-MOST] < HOUR).any())


def weights(readings: list[Reading]) -> Ints | None:
    """Return for how many each reading counts in daily medians; None where each does for one."""
    if readings[0].vital not in ROLLED:
        return None
    counts = [each.stands_for for each in readings]
    return np.array(counts) if min(counts) != 1 or max(counts) != 1 else None


def to_roll_up(past: History, *, now: datetime) -> bool:
    """Return whether a stream runs, or a day that is over is still read by its hours."""
    over = now.timestamp() - DAY
    for series in past.series.values():
        if series.weights is not None:
            stands = series.weights > 1
            days = series.days[stands & (series.times < over)]
            if stands[series.since(over)].any() or len(days) > len(np.unique(days)):
                return True
    return False
