"""What the devices report of a person's vitals: times, gaps, noise and artefacts.

`evidence.md` sections 8.2 (adherence) and 8.3 (artefacts). Knows nothing of rules or model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.physiology import Resident
    from lab.scenarios import Episode, World

GAP_DAYS = 1.8  # section 8.2: Markov gaps of 1.8 days on average
LATE = 0.03  # section 8.3: uploaded more than 24 h later
DUPLICATE = 0.015  # section 8.3: uploaded twice
UNIT_ERROR = 0.002  # section 8.3
OTHER_PERSON = 0.005  # section 8.3, homes with a spouse
WORRY, NEGLECT = 0.15, 0.30  # section 8.2: measures more, or less, in the days before
SETTLING_IN = 14  # days of better habits at the start (V Murphy 2018)
PROMPT = 20 / 86400  # days between taking and receiving
REPEATED_AFTER = 90 / 86400  # days
POUNDS = 2.2046


@dataclass(frozen=True, slots=True)
class Device:
    """How one vital is measured at home: hour of day, scatter, error rate, resolution."""

    hour: float  # local hour the reading is usually taken
    scatter: float  # hours, SD
    noise: float  # device and technique error, SD in the vital's unit
    step: float  # display resolution
    gross: float = 0.0  # share of grossly wrong readings
    gross_size: tuple[float, float] = (0.0, 0.0)  # uniform range added to those
    passive: bool = False  # worn or mounted: no daily act needed


# Noise: device standards quoted in section 2 (R-h) and 8.3 (E). Glucose in percent of value.
DEVICES: dict[Vital, Device] = {
    Vital.BODY_WEIGHT: Device(7.3, 0.7, 0.10, 0.1, 0.04, (0.4, 1.6)),  # clothes, wrong moment
    Vital.SYSTOLIC_BP: Device(7.8, 0.9, 5.0, 1, 0.01, (10, 30)),
    Vital.DIASTOLIC_BP: Device(7.8, 0.9, 3.5, 1, 0.01, (5, 15)),
    Vital.HEART_RATE: Device(7.8, 0.9, 1.5, 1, 0.01, (10, 25)),
    Vital.SPO2: Device(7.9, 0.9, 0.7, 1, 0.015, (-8, -3)),  # cold finger
    Vital.RESPIRATORY_RATE: Device(8.0, 0.9, 2.0, 1),  # counting noise, section 8.2
    Vital.BODY_TEMPERATURE: Device(8.1, 0.9, 0.22, 0.1, 0.01, (-2.5, 1.5)),  # infra-red, gross
    Vital.GLUCOSE: Device(7.5, 0.8, 9.0, 1),
    Vital.STEPS: Device(23.9, 0.02, 0.0, 1, passive=True),
    Vital.SLEEP: Device(7.0, 0.5, 0.2, 0.1, passive=True),
    Vital.MOTION: Device(23.9, 0.02, 0.0, 1, passive=True),
}
# Who has which device (E): a cuff and a scale for all, the rest by condition and by chance.
OXIMETER_AMONG = ("heart_failure", "copd")
SHARE = {Vital.RESPIRATORY_RATE: 0.5, Vital.BODY_TEMPERATURE: 0.8, Vital.SLEEP: 0.5}
STEPS_SHARE, MOTION_SHARE, OXIMETER_SHARE = 0.75, 0.4, 0.35


# One act gives all of a cuff's numbers; every other device gives one.
CUFF = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.HEART_RATE)


@dataclass(frozen=True, slots=True)
class Sittings:
    """When one device was used: day index int64[n], moment taken and received in days."""

    day: NDArray[np.int64]
    taken: NDArray[np.float64]
    received: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stream:
    """The readings of one vital, float64[n] in the order taken.

    `taken` and `received` are local time in days since the start (day 2, noon, is 2.5);
    `values` stand in the vital's canonical unit.
    """

    taken: NDArray[np.float64]
    received: NDArray[np.float64]
    values: NDArray[np.float64]


def owned(person: Resident, random: Generator) -> tuple[Vital, ...]:
    """Draw which vitals somebody has a device for."""
    lung_or_heart = any(person.has(name) for name in OXIMETER_AMONG)
    chance = {
        Vital.SPO2: 1.0 if lung_or_heart else OXIMETER_SHARE,
        Vital.GLUCOSE: 1.0 if person.has("diabetes") else 0.0,
        Vital.STEPS: STEPS_SHARE,
        Vital.MOTION: 1.0 if person.lives_alone else MOTION_SHARE,
        **SHARE,
    }
    return tuple(vital for vital in DEVICES if random.random() < chance.get(vital, 1.0))


def measure(
    person: Resident,
    truth: Mapping[Vital, NDArray[np.float64]],
    kept: NDArray[np.float64],
    world: World,
    random: Generator,
) -> dict[Vital, Stream]:
    """Return what the devices of one person report of the true daily values.

    `kept` is the chance of measuring on each day, float64[days].
    """
    cuff = _sittings(Vital.SYSTOLIC_BP, kept, random)
    result: dict[Vital, Stream] = {}
    for vital in owned(person, random):
        when = cuff if vital in CUFF else _sittings(vital, kept, random)
        values = reported(vital, truth[vital][when.day], world, random)
        if vital is Vital.BODY_WEIGHT:
            values = _scale_slips(values, person, random)
        if vital is Vital.DIASTOLIC_BP:
            values = np.minimum(values, result[Vital.SYSTOLIC_BP].values - 12)
        result[vital] = Stream(when.taken, when.received, values)
    return result


def adherence(
    days: int, happened: tuple[Episode, ...], world: World, random: Generator
) -> NDArray[np.float64]:
    """Return the chance of measuring on each day, float64[days]: own habit, decay, illness."""
    mean = world.adherence
    habit = random.beta(4 * mean, 4 * (1 - mean))  # section 8.2: wide, 2 % to 100 %
    chance = habit * np.where(np.arange(days) < SETTLING_IN, 1.1, 1.0)
    for episode in happened:
        before = slice(max(0, int(episode.worst) - 5), max(0, int(episode.worst) + 1))
        mood = random.random()
        # In a world without signals behaviour gives none either (section 8.6, item 4).
        if episode.course.deterioration and world.effect and mood < WORRY + NEGLECT:
            chance[before] *= 1.5 if mood < WORRY else 0.5
    if world.drop_out:
        chance[random.geometric(world.drop_out) * 30 :] *= 0.05
    return np.clip(chance, 0.02, 0.99)


def _sittings(vital: Vital, kept: NDArray[np.float64], random: Generator) -> Sittings:
    """Draw when a device was used, with late uploads and readings taken twice."""
    device = DEVICES[vital]
    share = np.clip(kept * random.normal(1.0, 0.1), 0.02, 0.99)
    day = days_used(np.maximum(share, 0.9) if device.passive else share, random)
    day = np.sort(np.concatenate([day, day[random.uniform(size=len(day)) < DUPLICATE]]))
    n = len(day)
    hours = np.clip(random.normal(device.hour, device.scatter, size=n), 0.1, 23.95)
    first = day.searchsorted(day)  # a repeat comes minutes after, never at the same moment
    taken = day + hours[first] / 24 + (np.arange(n) - first) * REPEATED_AFTER
    delay = np.where(random.uniform(size=n) < LATE, random.uniform(1, 3, size=n), PROMPT)
    return Sittings(day, taken, taken + delay)


def days_used(chance: NDArray[np.float64], random: Generator) -> NDArray[np.int64]:
    """Draw measured days as a Markov chain whose gaps last GAP_DAYS on average, int64[n]."""
    back = 1 / GAP_DAYS
    measuring, measured = True, []
    draws = random.uniform(size=len(chance)).tolist()
    for day, (share, draw) in enumerate(zip(chance.tolist(), draws, strict=True)):
        stop = min(0.98, back * (1 - share) / share)
        resume = min(back, stop * share / (1 - share))  # the long-run share stays `share`
        measuring = draw >= stop if measuring else draw < resume
        if measuring:
            measured.append(day)
    return np.array(measured, dtype=np.int64)


def reported(
    vital: Vital, truth: NDArray[np.float64], world: World, random: Generator
) -> NDArray[np.float64]:
    """Add a device's error, its gross errors, an oximeter's bias, and round to its display."""
    device, n = DEVICES[vital], len(truth)
    error = random.normal(size=n) * device.noise * world.noise
    values = truth * (1 + error / 100) if vital is Vital.GLUCOSE else truth + error
    gross = random.uniform(size=n) < device.gross
    values = values + np.where(gross, random.uniform(*device.gross_size, size=n), 0.0)
    if vital is Vital.SPO2:
        reads_high = world.oximeter_bias * np.clip((92 - values) / 4, 0, 1)
        values = np.minimum(values + reads_high + world.oximeter_error, 100)
    return np.maximum(np.round(values / device.step) * device.step, 0)


def _scale_slips(
    values: NDArray[np.float64], person: Resident, random: Generator
) -> NDArray[np.float64]:
    """Put a spouse on the scale, and send pounds for kilograms (section 8.3)."""
    n = len(values)
    if not person.lives_alone:
        values = np.where(random.uniform(size=n) < OTHER_PERSON, random.normal(70, 12), values)
    return np.where(random.uniform(size=n) < UNIT_ERROR, values * POUNDS, values)
