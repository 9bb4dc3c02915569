"""What stands for the readings of a stream that sends one each few minutes, for the judgement.

Every reading is kept as it was received; of a dense hour the judgement looks only at those that
its rules can tell from the others: each that went beyond all before it in its hour, upwards or
downwards (so the first beyond any limit is among them), the last, and a middle one that stands
for all of them in daily medians. Of a past day there is one middle reading, the extremes of the
day, and the hours only where they are asked for. Pure, and the same live, in replays and in lab.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from core.vitals import Precision, Quality, Vital

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, tzinfo

    from core.vitals import Reading

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
    for _, group in groupby(streams, key=lambda r: _stream(r)[:2]):
        kept += _of_hour(list(group))
    return kept


def _stream(reading: Reading) -> tuple[str, int, float, float, str]:
    at = reading.effective.timestamp()
    return (reading.device, int(at // HOUR), at, reading.value or 0.0, reading.id)


def _of_hour(hour: Sequence[Reading]) -> list[Reading]:
    if len(hour) <= MOST:
        return list(hour)
    middle = _middle(hour)
    chosen = {id(r) for r in (*_records(hour), hour[-1], middle)}
    standing = sum(r.stands_for for r in hour)
    return [replace(r, stands_for=standing if r is middle else 0) for r in hour if id(r) in chosen]


def _records(ordered: Iterable[Reading]) -> list[Reading]:
    """Return each reading that is above, or below, all before it; the first is both."""
    found: list[Reading] = []
    low = high = None
    for reading in ordered:
        value = reading.value or 0.0
        if high is None or low is None or value > high or value < low:
            found.append(reading)
            high = value if high is None else max(high, value)
            low = value if low is None else min(low, value)
    return found


def _middle(readings: Sequence[Reading]) -> Reading:
    """Return the lower middle one by value; each counts for as many as it stands for."""
    ordered = sorted(readings, key=lambda r: (r.value or 0.0, r.effective, r.id))
    left = sum(r.stands_for for r in ordered) / 2
    for reading in ordered:
        left -= reading.stands_for
        if left <= 0:
            return reading
    return ordered[-1]


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
        return {r.id: (BY_DAY, 1) for r in day}
    kept = {r.id: (BY_DAY, 1) for r in day if not rolls(r)}
    kept |= {r.id: (BY_HOUR, 0) for r in hours}
    extremes = (
        min(streams, key=lambda r: (r.value or 0.0, r.effective, r.id)),
        max(streams, key=lambda r: (r.value or 0.0, -r.effective.timestamp(), r.id)),
    )
    kept |= {r.id: (BY_DAY, 0) for r in extremes}
    return kept | {_middle(streams).id: (BY_DAY, len(streams))}


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
