"""Who measures again when asked (AL-20): some people, some minutes later, with fresh noise.

Which values are asked about is the programme's affair and is handed in; nothing here knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.devices import CUFF, PROMPT, Stream, reported

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.physiology import Resident
    from lab.scenarios import World

    Floats = NDArray[np.float64]
    # (the person, a vital, its values float64[n]) → which are asked about, bool[n]
    Asks = Callable[[Resident, Vital, Floats], NDArray[np.bool_]]

MINUTES = (6.0, 1.7)  # E: median and geometric SD of how long it takes
LONGEST = 28.0
BY_HAND = (
    CUFF,
    (Vital.SPO2,),
    (Vital.RESPIRATORY_RATE,),
    (Vital.BODY_TEMPERATURE,),
    (Vital.GLUCOSE,),
)


def with_repeats(
    person: Resident,
    streams: Mapping[Vital, Stream],
    asks: Asks,
    again: Callable[[Vital, NDArray[np.int64]], Floats],
    random: Generator,
) -> dict[Vital, Stream]:
    """Return the streams with what was measured again; `again` reads the vital on given days."""
    result = dict(streams)
    for act in BY_HAND:
        own = [vital for vital in act if vital in streams]
        if not own or (own[0] is Vital.RESPIRATORY_RATE and person.bed_sensor):
            continue
        taken = streams[own[0]].taken
        asked = np.any([asks(person, vital, streams[vital].values) for vital in own], axis=0)
        done = np.flatnonzero(asked & (random.uniform(size=len(taken)) < person.willing))
        wait = np.exp(np.log(MINUTES[0]) + np.log(MINUTES[1]) * random.normal(size=len(done)))
        moments = taken[done] + np.clip(wait, 1.5, LONGEST) / 1440
        for vital in own:
            values = again(vital, np.floor(taken[done]).astype(np.int64))
            result[vital] = _merged(streams[vital], moments, values)
    if CUFF[0] in result:
        result[Vital.DIASTOLIC_BP] = _below(result[Vital.DIASTOLIC_BP], result[CUFF[0]])
    return result


def fresh(
    truth: Mapping[Vital, Floats], world: World, random: Generator
) -> Callable[[Vital, NDArray[np.int64]], Floats]:
    """Return how a vital reads when it is measured once more on given days."""
    return lambda vital, days: reported(vital, truth[vital][days], world, random)


def _merged(stream: Stream, taken: Floats, values: Floats) -> Stream:
    times = np.concatenate([stream.taken, taken])
    order = np.argsort(times, kind="stable")
    received = np.concatenate([stream.received, taken + PROMPT])
    return Stream(times[order], received[order], np.concatenate([stream.values, values])[order])


def _below(lower: Stream, upper: Stream) -> Stream:
    return Stream(lower.taken, lower.received, np.minimum(lower.values, upper.values - 12))
