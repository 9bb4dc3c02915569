"""How many events leave any trace in what was measured: no way of alerting can find the others.

Computed from the latent episodes of a life at the moments of its readings, against the
person's own spread; never from what any rule or model sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.scenarios import MORNING, profile
from lab.simulator import MULTIPLICATIVE
from lab.symptoms import COMPLAINTS, SCATTER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from lab.devices import Stream
    from lab.scenarios import Episode, Event
    from lab.simulator import Life

    Floats = NDArray[np.float64]

ONE_SPREAD = 1.0
SIGNAL_TO_NOISE = 3.0
SHOWS = 0.05  # share of an episode that is still there on a day that is called ill
MAD = 1.4826
LEAST_READINGS = 10
FALL, PLAIN = "fall", 10.0  # spreads: what a detector says is no matter of spread

# What one reading says beyond the others of its kind: largest, and all together.
Trace = tuple[float, float]


def spreads(life: Life) -> dict[Vital, float]:
    """Return the robust spread of each vital's readings on days on which nothing happens."""
    found = {}
    for vital, stream in life.streams.items():
        calm = ~np.any([_ill(each, stream.taken) for each in life.episodes], axis=0)
        values = _scaled(vital, stream.values)
        kept = values[calm] if np.sum(calm) >= LEAST_READINGS else values
        if len(kept) >= LEAST_READINGS:
            spread = MAD * float(np.median(np.abs(kept - np.median(kept))))
            found[vital] = spread or float(np.std(kept)) or 1.0
    return found


def _ill(episode: Episode, taken: Floats) -> NDArray[np.bool_]:
    return np.asarray(profile(episode, taken) > SHOWS, dtype=np.bool_)


def _scaled(vital: Vital, values: Floats) -> Floats:
    return np.log(np.maximum(values, 1.0)) if vital in MULTIPLICATIVE else values


def traces(life: Life, events: Iterable[Event]) -> Floats:
    """Return for each event what it left before it, float64[events, 4].

    The largest change of one reading in the person's spreads, and the signal-to-noise ratio
    of all of them together: of devices alone, then with the answer on breathlessness.
    """
    own = spreads(life)
    rows = [_trace(life, own, event) for event in events]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def _trace(life: Life, own: dict[Vital, float], event: Event) -> tuple[float, float, float, float]:
    episode = _behind(life, event)
    if episode is None or episode.shape == "none":
        return 0.0, 0.0, 0.0, 0.0
    devices = [_noticed(episode, life, event.day)]
    devices += [
        abs(size) / own[vital] * _shown(episode, life.streams[vital], event.day)
        for vital, size in episode.effects.items()
        if vital in own
    ]
    told = [*devices, _felt(episode, life, event.day)]
    return (*_together(devices), *_together(told))


def _behind(life: Life, event: Event) -> Episode | None:
    """Return the episode that an event records; none is behind a mistaken one."""
    same = (e for e in life.episodes if e.course.kind == event.kind and e.recorded == event.day)
    return next(same, None)


def _shown(episode: Episode, stream: Stream, until: float) -> Floats:
    """Return how much of an episode stood in each reading that had arrived before the event."""
    kept = (stream.taken >= episode.onset) & (stream.received < until)
    # Illness is laid on whole days: a reading shows what its day's morning shows.
    return profile(episode, np.floor(stream.taken[kept]) + MORNING)


def _felt(episode: Episode, life: Life, until: float) -> Floats:
    """Return how far the breathlessness that is expected lies beyond its scatter, by answer."""
    complaint = COMPLAINTS.get(episode.course.kind)
    stream = life.streams.get(Vital.BREATHLESSNESS)
    if complaint is None or stream is None:
        return np.empty(0)
    size = complaint.breathless[0] * episode.shown / SCATTER
    return size * _shown(episode, stream, until)


def _noticed(episode: Episode, life: Life, until: float) -> Floats:
    """Return a plain trace where a fall detector told of this very fall before the record."""
    stream = life.streams.get(Vital.FALL)
    if episode.course.kind != FALL or stream is None:
        return np.empty(0)
    told = np.isclose(stream.taken, episode.worst) & (stream.received < until)
    return np.full(int(np.sum(told)), PLAIN)


def _together(each: list[Floats]) -> Trace:
    every = np.concatenate([*each, np.zeros(1)])
    return float(every.max()), float(np.sqrt(np.sum(every**2)))
