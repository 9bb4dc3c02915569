"""Simulated patient-years: people, what happened to them, what their devices said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.answers import answers
from lab.complexion import apart, complexion
from lab.devices import adherence, measure
from lab.physiology import resident, stable
from lab.repeats import fresh, with_repeats
from lab.scenarios import disturbance, episodes, events
from lab.sensors import sensed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.devices import Stream
    from lab.physiology import Resident
    from lab.repeats import Asks
    from lab.scenarios import Episode, Event, World

MULTIPLICATIVE = (Vital.STEPS, Vital.MOTION)  # their effects are logarithms of a factor


@dataclass(frozen=True, slots=True)
class Life:
    """One simulated person's time in the programme; day 0 is the first day."""

    number: int
    person: Resident
    days: int
    streams: Mapping[Vital, Stream]
    episodes: tuple[Episode, ...]
    events: tuple[Event, ...]
    subject: str = ""  # whose real readings it rests on
    saturation: NDArray[np.float64] | None = None  # true SaO2 of each day, where simulated


def simulate(
    patients: int, days: int, *, world: World, seed: int, asks: Asks | None = None
) -> Iterator[Life]:
    """Yield lives one at a time; the same seed gives the same lives, whatever the number.

    `asks` says which values the programme asks to have measured again; without it nobody is.
    """
    for number in range(patients):
        random = np.random.default_rng([seed, number])
        yield live(number, days, world, random, asks)


def live(number: int, days: int, world: World, random: Generator, asks: Asks | None = None) -> Life:
    """Draw one life of `days` days."""
    person = resident(random, older=world.older)
    happened = episodes(person, days, world, random)
    change = disturbance(happened, days)
    truth = disturbed(stable(person, days, random), change)
    kept = adherence(days, happened, world, random)
    person, seen = complexion(person, world, apart(random))
    streams = measure(person, truth, kept, seen, random)
    told, home, repeats = random.spawn(3)  # apart, so that none moves what another draws
    streams |= sensed(person, change, happened, streams, home)
    if asks is not None:
        streams = with_repeats(person, streams, asks, fresh(truth, seen, repeats), repeats)
    if world.asked:
        streams |= answers(person, happened, kept, told)
    return Life(
        number=number,
        person=person,
        days=days,
        streams=streams,
        episodes=happened,
        events=events(happened, days, random),
        saturation=truth[Vital.SPO2],
    )


def disturbed(
    calm: dict[Vital, NDArray[np.float64]], change: Mapping[Vital, NDArray[np.float64]]
) -> dict[Vital, NDArray[np.float64]]:
    """Lay what happened over the calm vitals, float64[days] each."""
    for vital, more in change.items():
        if vital in calm:
            calm[vital] = (
                calm[vital] * np.exp(more) if vital in MULTIPLICATIVE else calm[vital] + more
            )
    return calm
