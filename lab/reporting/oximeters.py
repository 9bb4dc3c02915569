"""Whom an oximeter fails: readings that look well while true saturation is low, by skin tone.

Low saturation is rare, so more lives are drawn for this than are judged: it needs no judging.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.reporting.subgroups import LEAST_EVENTS, TONES
from lab.reporting.tally import share
from lab.scenarios import WORLDS
from lab.simulator import simulate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lab.reporting.tally import Figure
    from lab.simulator import Life

LOW, NORMAL = 88.0, 92.0  # evidence.md section 6: truly below, read at or above
MORE = 10  # lives for each that is judged


@dataclass(frozen=True, slots=True)
class Missed:
    """One range of skin tones: readings while truly low, of these read as normal."""

    world: str
    tones: str
    low: int
    missed: int
    share: Figure
    too_high: Figure  # points, mean of reading less truth while truth was below 92 %


@dataclass(frozen=True, slots=True)
class Oximeter:
    """One person's readings while truly low, and of these the ones that looked well."""

    name: str
    tone: int
    low: int
    missed: int
    below: int = 0  # readings while truth was below 92 %, where the bias begins
    too_high: float = 0.0  # points, summed over those


def oximeter(life: Life) -> Oximeter:
    """Count one life's readings."""
    name, stream = f"person {life.number}", life.streams.get(Vital.SPO2)
    if stream is None or life.saturation is None:
        return Oximeter(name, life.person.tone, 0, 0)
    true = life.saturation[np.floor(stream.taken).astype(np.int64)]
    low, below = true < LOW, true < NORMAL
    missed = low & (stream.values >= NORMAL)
    return Oximeter(
        name,
        life.person.tone,
        int(np.sum(low)),
        int(np.sum(missed)),
        int(np.sum(below)),
        float(np.sum((stream.values - true)[below])),
    )


def by_tone(world: str, people: Iterable[Oximeter], seed: int) -> Iterator[Missed]:
    """Yield each range of tones, with an interval by people where there are enough readings."""
    every = list(people)
    for least, most, name in TONES:
        own = [each for each in every if least <= each.tone <= most]
        names = [each.name for each in own]
        counts, errors = (
            np.array(rows, dtype=np.float64).reshape(-1, 2)
            for rows in (
                [(each.missed, each.low) for each in own],
                [(each.too_high, each.below) for each in own],
            )
        )
        missed, low = counts.sum(axis=0).tolist()
        yield Missed(
            *(world, name, int(low), int(missed)),
            share=share(names, counts, seed, least=LEAST_EVENTS),
            too_high=share(names, errors, seed, least=LEAST_EVENTS),
        )


def occult(worlds: Iterable[str], patients: int, days: int, seed: int) -> list[Missed]:
    """Return occult hypoxaemia in the worlds whose oximeters are biased, and in base beside."""
    chosen = [name for name in worlds if WORLDS[name].oximeter_bias or name == "base"]
    return [
        row
        for name in chosen
        for row in by_tone(
            name,
            (
                oximeter(life)
                for life in simulate(MORE * patients, days, world=WORLDS[name], seed=seed)
            ),
            seed,
        )
    ]
