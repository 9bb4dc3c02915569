"""What stands for the readings of a stream that sends one each few minutes, for the judgement.

Every reading is kept as it was received, until no judgement reads its day any more
(`ingest.thinning`); of a dense hour the judgement looks only at those that its rules can tell
from the others: each that went beyond all before it in its hour, upwards or downwards (so the
first beyond any limit is among them), the last, and a middle one that stands for all of them in
daily medians. Of a past day there is one middle reading, the extremes of the day, and the hours
only where they are asked for. Pure, and the same live, in replays and in lab.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Precision, Quality, Vital

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, tzinfo

    from core.vitals import Reading
    from ingest.blocks import Bools, Floats, Ints

# What has a level at each moment. Totals, answers and events are told apart one by one.
ROLLED = frozenset(
    {
        Vital.HEART_RATE,
        Vital.RESPIRATORY_RATE,
        Vital.SPO2,
        Vital.PERFUSION_INDEX,
        Vital.BODY_TEMPERATURE,
        Vital.SKIN_TEMPERATURE,
        Vital.GLUCOSE,
    }
)
MOST = 4  # readings of one vital and device in an hour; with more of them it is a stream (E)
HOUR = 3600.0  # seconds; hours are those of UTC
SETTLED = timedelta(minutes=10)  # what changed so lately is judged first, from the readings (E)
CLOSED = SETTLED / 2  # what is younger when it arrives lies in no day that is rolled up
WHOLE_FOR = timedelta(days=30)  # so long no stream is thinned, whatever a site sets (decision 59)
BY_DAY, BY_HOUR = 0, 1  # what a stored reading stands for: always loaded, or only where asked for


def rolls(reading: Reading) -> bool:
    """Return whether a reading may have another stand for it."""
    return (
        reading.vital in ROLLED
        and reading.quality is Quality.SCORED
        and reading.precision is Precision.INSTANT
        and reading.value is not None
    )


def by_hour(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings of one vital, of dense hours only those that stand for the others.

    In any order; what comes back is in the order of time within each device and hour, and the
    same for the same readings, however they arrived.
    """
    streams = sorted((r for r in readings if rolls(r)), key=_stream)
    kept = [r for r in readings if not rolls(r)]
    if not streams:
        return kept
    hours = [next(group) for _, group in groupby(enumerate(streams), lambda n: _stream(n[1])[:2])]
    firsts = np.array([first for first, _ in hours])
    stays, counts = standing(
        np.searchsorted(firsts, np.arange(len(streams)), side="right"),
        np.array([r.value or 0.0 for r in streams]),
        np.array([r.stands_for for r in streams], dtype=np.int64),
    )
    for i in np.flatnonzero(stays).tolist():
        same = counts[i] == streams[i].stands_for
        kept.append(streams[i] if same else replace(streams[i], stands_for=int(counts[i])))
    return kept


def _stream(reading: Reading) -> tuple[str, int, float, float, str]:
    at = reading.effective.timestamp()
    return (reading.device, int(at // HOUR), at, reading.value or 0.0, reading.id)


def standing(hours: Ints, values: Floats, counts: Ints) -> tuple[Bools, Ints]:
    """Return bool[n], which readings stand for all, and int64[n], each for how many.

    Parameters
    ----------
    hours : int64[n]
        The number of each reading's device and hour, ascending; in order of time within each.
    values : float64[n]
    counts : int64[n]
        For how many each reading stood before.
    """
    bounds = np.flatnonzero(np.concatenate(([True], hours[1:] != hours[:-1], [True])))
    starts, sizes = bounds[:-1], np.diff(bounds)
    dense = np.repeat(sizes > MOST, sizes)
    if not dense.any():
        return np.ones(len(hours), dtype=np.bool_), counts
    group = np.repeat(np.arange(len(starts)), sizes)
    middle = _middles(group, starts, values, counts)
    stays = ~dense | _records(group, starts, values)
    stays[starts + sizes - 1] = stays[middle] = True
    stands = np.where(dense, 0, counts)
    crowded = sizes > MOST
    stands[middle[crowded]] = np.add.reduceat(counts, starts)[crowded]
    return stays, stands


def _records(group: Ints, starts: Ints, values: Floats) -> Bools:
    """Return which readings are above, or below, all before them in their group; the first is."""
    rank = np.unique(values, return_inverse=True)[1]
    found = np.zeros(len(values), dtype=np.bool_)
    found[starts] = True
    for each in (rank, rank.max() - rank):
        # Each group lies above all before it, so that one running maximum serves them all.
        reached = np.maximum.accumulate(each + group * (rank.max() + 1))
        found[1:] |= reached[1:] > reached[:-1]
    return found


def _middles(group: Ints, starts: Ints, values: Floats, counts: Ints) -> Ints:
    """Return the index of the lower middle reading of each group by value.

    Each reading counts for as many as it stands for; the earlier of equals goes first.
    """
    order = np.lexsort((values, group))
    reached = np.cumsum(counts[order])
    before = np.concatenate(([0], reached[starts[1:] - 1]))
    half = before + np.add.reduceat(counts, starts) / 2
    return order[np.maximum(reached.searchsorted(half), starts)]


def by_day(day: Sequence[Reading]) -> dict[str, tuple[int, int]]:
    """Return by id (level, stands for) of what is kept of one vital and local day that is over.

    A day without a dense hour keeps each of its readings as it is. Else one reading stands for
    the day and its lowest and highest stand beside it, and the rest is for who asks for hours.
    """
    kept: dict[str, tuple[int, int]] = {}
    for _, group in groupby(sorted(day, key=_stream), key=lambda r: r.device):
        kept |= _of_day(list(group))
    return kept


def by_hours(day: Sequence[Reading]) -> dict[str, tuple[int, int]]:
    """Return the same of one vital and the hours that are over of a day that still lasts."""
    kept = by_hour(day) if day and day[0].vital in ROLLED else day
    return {r.id: (BY_DAY, r.stands_for) for r in kept}


def _of_day(day: Sequence[Reading]) -> dict[str, tuple[int, int]]:
    streams = [r for r in day if rolls(r)]
    hours = by_hour(streams)
    if all(r.stands_for == 1 for r in hours):
        return {r.id: (BY_DAY, r.stands_for) for r in day}
    kept = {r.id: (BY_DAY, r.stands_for) for r in day if not rolls(r)}
    kept |= {r.id: (BY_HOUR, 0) for r in hours}
    extremes = (
        min(streams, key=lambda r: (r.value or 0.0, r.effective, r.id)),
        max(streams, key=lambda r: (r.value or 0.0, -r.effective.timestamp(), r.id)),
    )
    kept |= {r.id: (BY_DAY, 0) for r in extremes}
    return kept | {_middle(streams).id: (BY_DAY, sum(r.stands_for for r in streams))}


def _middle(readings: Sequence[Reading]) -> Reading:
    """Return the lower middle one by value; each counts for as many as it stands for."""
    ordered = sorted(readings, key=lambda r: (r.value or 0.0, r.effective, r.id))
    reached = list(accumulate(r.stands_for for r in ordered))
    return ordered[bisect_left(reached, reached[-1] / 2)]


def dense(readings: Iterable[Reading]) -> bool:
    """Return whether any hour of readings, ascending in time, has a stream's worth of them."""
    seen: dict[tuple[Vital, str, int], int] = {}
    for each in readings:
        if each.vital in ROLLED:
            key = (each.vital, each.device, int(each.effective.timestamp() // HOUR))
            seen[key] = seen.get(key, 0) + 1
            if seen[key] > MOST:
                return True
    return False


def local_date(reading: Reading, zone: tzinfo) -> date:
    """Return the local day that a reading of an instant belongs to."""
    return reading.effective.astimezone(zone).date()
