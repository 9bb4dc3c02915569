"""Simulated patient-years: people, what happened to them, what their devices said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.devices import measure
from lab.physiology import resident, stable
from lab.scenarios import disturbance, episodes, events

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.devices import Stream
    from lab.physiology import Resident
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


def simulate(patients: int, days: int, *, world: World, seed: int) -> Iterator[Life]:
    """Yield lives one at a time; the same seed gives the same lives, whatever the number."""
    for number in range(patients):
        random = np.random.default_rng([seed, number])
        yield live(number, days, world, random)


def live(number: int, days: int, world: World, random: Generator) -> Life:
    """Draw one life of `days` days."""
    person = resident(random, older=world.older)
    happened = episodes(person, days, world, random)
    truth = disturbed(stable(person, days, random), happened, days)
    return Life(
        number=number,
        person=person,
        days=days,
        streams=measure(person, truth, happened, world, random),
        episodes=happened,
        events=events(happened, days, random),
    )


def disturbed(
    calm: dict[Vital, NDArray[np.float64]], happened: tuple[Episode, ...], days: int
) -> dict[Vital, NDArray[np.float64]]:
    """Lay what happened over the calm vitals, float64[days] each."""
    for vital, change in disturbance(happened, days).items():
        if vital in MULTIPLICATIVE:
            calm[vital] = calm[vital] * np.exp(change)
        else:
            calm[vital] = calm[vital] + change
    return calm
