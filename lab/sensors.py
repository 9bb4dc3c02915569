"""What the home tells by itself: the bed at night, the bathroom's sensor, a fall detector.

`evidence.md` 8.2 (nightly vitals from TIHM: half the noise of spot readings) and 8.4. Single
movements in a home are not simulated, only what each day and night adds up to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.devices import PROMPT, Stream, days_used

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.physiology import Resident
    from lab.scenarios import Episode

    Floats = NDArray[np.float64]

WORKING = 0.92  # E: share of nights that a mounted sensor reports
NIGHTLY = {  # T: (between people mean, SD, within), the bed sensor's nightly medians
    Vital.RESPIRATORY_RATE: (15.1, 1.5, 0.65),
    Vital.RESTING_HEART_RATE: (61.0, 5.5, 3.3),
}
VISITS = (1.6, 0.8)  # E: visits to the bathroom a night, between people
RISEN = 7.0  # local hour at which the night is reported
NOTICED = 0.80  # E: share of falls that a detector notices
FALSE_FALLS = 0.4  # E: a year
YEAR = 365.25


def sensed(
    person: Resident,
    change: Mapping[Vital, Floats],
    happened: tuple[Episode, ...],
    streams: Mapping[Vital, Stream],
    random: Generator,
) -> dict[Vital, Stream]:
    """Return what mounted sensors report; `change` is what illness adds, float64[days] each."""
    days = _length(change, streams)
    result = dict(_nights(change, days, random)) if person.bed_sensor else {}
    if Vital.MOTION in streams:
        usual = max(0.3, random.normal(*VISITS))
        visits = random.poisson(np.maximum(usual + change.get(Vital.NIGHT_BATHROOM, 0.0), 0.05))
        result[Vital.NIGHT_BATHROOM] = _reported(np.broadcast_to(visits, days), random)
    if person.fall_detector:
        result |= dict(_falls(happened, days, random))
    return result


def _length(change: Mapping[Vital, Floats], streams: Mapping[Vital, Stream]) -> int:
    if change:
        return len(next(iter(change.values())))
    return int(max(stream.taken[-1] for stream in streams.values() if len(stream.taken))) + 1


def _nights(
    change: Mapping[Vital, Floats], days: int, random: Generator
) -> Iterator[tuple[Vital, Stream]]:
    for vital, (mean, between, within) in NIGHTLY.items():
        own = random.normal(mean, between) + within * random.normal(size=days)
        yield vital, _reported(np.round(own + change.get(vital, 0.0), 1), random)


def _reported(values: Floats, random: Generator) -> Stream:
    """Return the nights on which the sensor worked, told when the person rises."""
    days = days_used(np.full(len(values), WORKING), random)
    taken = days + (RISEN + 0.3 * random.normal(size=len(days))) / 24
    return Stream(taken, taken + PROMPT, np.asarray(values[days], dtype=np.float64))


def _falls(
    happened: tuple[Episode, ...], days: int, random: Generator
) -> Iterator[tuple[Vital, Stream]]:
    true = [
        e.worst
        for e in happened
        if e.course.kind == "fall" and 0 < e.worst < days and random.random() < NOTICED
    ]
    false = random.uniform(0, days, size=random.poisson(FALSE_FALLS * days / YEAR))
    taken = np.sort([*true, *false])
    if len(taken):
        yield Vital.FALL, Stream(taken, taken + PROMPT, np.ones(len(taken)))
