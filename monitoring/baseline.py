"""A person's own normal for one vital, robust and never learned from the days under test.

The centre is the median of daily medians over 28 days, the spread 1.4826 x MAD with the
device's own error as its floor (`evidence.md` 1.8). Days with an open episode are left out:
otherwise the baseline learns the illness.
"""

from __future__ import annotations

import math
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from monitoring.findings import Usual
from monitoring.windows import local_day, zone_of

if TYPE_CHECKING:
    from monitoring.daily import Daily
    from monitoring.windows import Floats, History

SPAN_DAYS = 28
LEAST_DAYS = 7  # provisional from 7 valid days, established at 14 (evidence.md 1.8)
LONGEST_FREEZE_DAYS = 60  # engineering default: how far an open episode may push the window back
MAD_TO_SD = 1.4826  # makes the MAD of a normal distribution its standard deviation
FAR_DAY = date.max.toordinal()
BAND = 2.0  # usual range: centre plus and minus two spreads, about 95 % of days

# What a device cannot tell apart (evidence.md, section 2, device error; where it names none,
# the within-person day-to-day SD of section 8.2, halved: engineering default).
DEVICE_ERROR: dict[Vital, float] = {
    Vital.BODY_WEIGHT: 0.2,
    Vital.SYSTOLIC_BP: 5.0,
    Vital.DIASTOLIC_BP: 5.0,
    Vital.HEART_RATE: 2.5,
    Vital.RESTING_HEART_RATE: 1.5,
    Vital.RESPIRATORY_RATE: 1.0,
    Vital.SPO2: 1.0,
    Vital.BODY_TEMPERATURE: 0.3,
    Vital.GLUCOSE: 15.0,
    Vital.STEPS: 300.0,
    Vital.MOTION: 30.0,
    Vital.SLEEP: 0.5,
    Vital.FEV1: 0.1,
    Vital.NIGHT_BATHROOM: 0.5,
    Vital.MOTION_GAP: 0.5,
}


def usual(past: History, vital: Vital, *, before: int, days: int = SPAN_DAYS) -> Usual | None:
    """Return the person's normal from the `days` local days that end before day `before`.

    `before` is a local day ordinal: the first day of the window under test. None where
    fewer than 7 days are valid.
    """
    series = past.series.get(vital)
    if series is None:
        return None
    valid = reference_days(past, series.daily, before=before, days=days)
    if len(valid) < LEAST_DAYS:
        return None
    return describe(valid, vital)


def reference_days(past: History, daily: Daily, *, before: int, days: int) -> Floats:
    """Return float64[k], the daily medians that may teach the baseline.

    Frozen days are left out, and the window reaches back by as many days instead, so that
    a long episode keeps the normal from before it.
    """
    if not past.frozen:
        return daily.between(before - days, before - 1).medians
    earliest = before - days - LONGEST_FREEZE_DAYS
    reach = daily.between(earliest, before - 1)
    free = np.ones(len(reach.days), dtype=np.bool_)
    pushed = 0
    for first, last in reversed(frozen_days(past.frozen, past.person.zone)):
        if last < earliest:
            break
        if first < before:
            free &= (reach.days < first) | (reach.days > last)
            pushed += min(last, before - 1) - max(first, earliest) + 1
    recent = reach.days >= before - days - min(pushed, LONGEST_FREEZE_DAYS)
    return reach.medians[free & recent]


@lru_cache(maxsize=512)
def frozen_days(
    spans: tuple[tuple[float, float], ...], zone_name: str
) -> tuple[tuple[int, int], ...]:
    """Return ascending spans of seconds as (first, last) local days that do not overlap."""
    zone = zone_of(zone_name)
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        first = local_day(start, zone)
        last = FAR_DAY if end == math.inf else local_day(end, zone)
        if merged and first <= merged[-1][1]:
            first, last = merged[-1][0], max(merged.pop()[1], last)
        merged.append((first, last))
    return tuple(merged)


def describe(valid: Floats, vital: Vital) -> Usual:
    """Return centre, band and spread of float64[k] daily medians, k >= 1."""
    centre = median(valid)
    spread = max(MAD_TO_SD * median(np.abs(valid - centre)), DEVICE_ERROR.get(vital, 0.0))
    return Usual(
        centre=centre,
        low=centre - BAND * spread,
        high=centre + BAND * spread,
        spread=spread,
        days=len(valid),
    )


def median(values: Floats) -> float:
    """Return the median of float64[k], k >= 1."""
    # np.median costs five times as much on four weeks of days.
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
