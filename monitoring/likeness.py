"""Which readings are like the last one: of the same device, time of day, part of the week, site."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from monitoring.findings import Alike
from monitoring.series import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.vitals import Vital
    from monitoring.habits import Habits
    from monitoring.series import Bools, Ints, Series

Likeness = frozenset[Alike]
NONE: Likeness = frozenset()
ANY: Likeness = frozenset(Alike)
DAYS: Likeness = frozenset({Alike.WORKING_DAYS, Alike.WEEKENDS})
SATURDAY = 5  # of a week that begins on Monday with 0


def at_its_site(habits: Habits, vital: Vital, series: Series) -> Bools | None:
    """Return bool[n], which readings may be of the same part of the body as the last.

    One that does not say may be of any. None where all may be, or where the last does not say.
    """
    sites = series.origin.sites if series.origin else None
    if sites is None or vital not in habits.by_site or sites[-1] == UNKNOWN:
        return None
    mine: Bools = (sites == sites[-1]) | (sites == UNKNOWN)
    return None if mine.all() else mine


def kinds(habits: Habits, vital: Vital, series: Series) -> Iterator[tuple[Alike, Bools]]:
    """Yield the kinds that the last reading is of, each with bool[n], which others are of it.

    Only kinds that not all readings are of.
    """
    if not habits.kind_days:
        return
    origin = series.origin
    if origin is not None and vital in habits.by_device and origin.sources[-1] >= 0:
        yield from _mixed(Alike.DEVICE, origin.sources == origin.sources[-1])
    if origin is not None and vital in habits.by_time and not math.isnan(origin.hours[-1]):
        later = origin.hours >= habits.afternoon_from
        yield from _mixed(Alike.LATER if later[-1] else Alike.MORNING, later == later[-1])
    if vital in habits.by_weekend:
        weekend = weekends(series.days)
        alike = Alike.WEEKENDS if weekend[-1] else Alike.WORKING_DAYS
        yield from _mixed(alike, weekend == weekend[-1])


def weekends(days: Ints) -> Bools:
    """Return which of these ordinals are Saturdays and Sundays."""
    return (days + 6) % 7 >= SATURDAY


def one_part_of_week(days: Ints) -> bool:
    """Return whether all are working days, or all of a weekend."""
    found = weekends(days)
    return bool(found.all() or not found.any())


def _mixed(alike: Alike, rows: Bools) -> Iterator[tuple[Alike, Bools]]:
    if not rows.all():
        yield alike, rows
