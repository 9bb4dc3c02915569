"""When something goes wrong, what of it shows, and what the records say: episodes and worlds.

A label says when somebody
sought care and comes from the latent episode, never from a threshold on what was measured
(section 8.6). Letters name the evidence as in `lab.physiology`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.courses import COURSES

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.courses import Course
    from lab.physiology import Resident

YEAR = 365.25
RECORDED = 0.90  # E: share of episodes that reach a record at all
WRONG_LABELS = 0.05  # section 8.6: recorded events with nothing behind them
AT_HOME = 0.6  # E: how much of a fall in steps shows in the movements at home
MORNING = 0.33  # of a day: when most is measured
SHAPES = ("linear", "convex", "step", "sawtooth", "late", "none")


@dataclass(frozen=True, slots=True)
class World:
    """One set of circumstances; the model is tuned on `base` only."""

    name: str
    effect: float = 1.0  # multiplies what an illness does to the vitals
    lag: float = 1.0  # multiplies how long it takes to show
    noise: float = 1.0  # multiplies device noise
    adherence: float = 0.76  # V FAST: weights on 76 % of days
    look_alikes: float = 1.0
    drop_out: float = 0.02  # a month (section 8.2): somebody stops measuring for good
    older: bool = False
    oximeter_bias: float = 0.0  # points read too high below 92 % at the darkest tone (section 6)
    oximeter_error: float = 0.0  # points, SD of what each oximeter keeps for itself (8.2)
    tones: tuple[float, float] = (2.0, 4.0)  # Beta of the skin's tone, lightest to darkest (E)
    asked: bool = True  # whether the programme asks about symptoms each day
    often: float = 1.0  # multiplies how often people fall ill


WORLDS = {
    world.name: world
    for world in (
        World("base"),
        World("low-adherence", adherence=0.50),
        World("noisy-devices", noise=1.8),
        World(
            "older",
            older=True,
            oximeter_bias=2.0,
            oximeter_error=2.0,
            tones=(2.0, 1.5),
            adherence=0.70,
        ),
        World("shifted", effect=0.5, lag=1.5),
        World("null", effect=0.0),
        World("adversarial", look_alikes=3.0),
        World("unasked", asked=False),
    )
}


@dataclass(frozen=True, slots=True)
class Episode:
    """One latent happening: when it began, its worst day, and when care was sought.

    `recorded` is the day of care (a fractional day index), None where nobody wrote it down.
    """

    course: Course
    onset: float
    worst: float
    recorded: float | None
    silent: bool
    shape: str
    effects: dict[Vital, float]
    shown: float = 1.0  # share of the symptoms that this world lets show


@dataclass(frozen=True, slots=True)
class Event:
    """What a chart would show: a kind and a day, true or mistaken."""

    kind: str
    day: float
    onset: float
    silent: bool


def episodes(person: Resident, days: int, world: World, random: Generator) -> tuple[Episode, ...]:
    """Draw the latent episodes of one person, illnesses and look-alikes, over `days`."""
    return tuple(
        _episode(course, float(worst), world, random)
        for course in COURSES
        if not course.among or _concerned(person, course.among)
        for worst in _days_of(course, person, days, world, random)
    )


def _concerned(person: Resident, among: str) -> bool:
    return person.insulin if among == "insulin" else person.has(among)


def _days_of(
    course: Course, person: Resident, days: int, world: World, random: Generator
) -> NDArray[np.float64]:
    """Draw worst days: a gamma-Poisson rate (frail people have more), thicker in winter."""
    rate = course.rate * (world.look_alikes if not course.deterioration else 1.0)
    rate *= course.winter / (1 + (course.winter - 1) / 3)  # the thinning below keeps the mean
    if course.deterioration:
        rate *= world.often * random.gamma(2.0, 0.5) * float(np.exp(0.2 * person.frailty))
    worst = random.uniform(0, days, size=random.poisson(rate * days / YEAR))
    keep = random.uniform(size=len(worst)) * course.winter < np.where(
        _is_winter(worst), course.winter, 1.0
    )
    return np.sort(worst[keep])


def _is_winter(day: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return whether a day index falls in the cold third of its year (day 0 is 1 January)."""
    return np.cos(2 * np.pi * day / YEAR) > 0.5  # noqa: PLR2004 (a third of the year)


def _episode(course: Course, worst: float, world: World, random: Generator) -> Episode:
    silent = bool(random.random() < course.silent)
    effects = {
        vital: float(random.normal(*size)) * world.effect for vital, size in course.effects.items()
    }
    if Vital.MOTION not in effects and Vital.STEPS in effects:
        effects[Vital.MOTION] = AT_HOME * effects[Vital.STEPS]
    recorded = worst + random.uniform(0, course.care_delay) if random.random() < RECORDED else None
    return Episode(
        course=course,
        onset=worst - random.uniform(*course.build_up) * world.lag,
        worst=worst,
        recorded=recorded if course.deterioration else None,
        silent=silent,
        shape="none" if silent else str(random.choice(SHAPES[:-1], p=(0.3, 0.3, 0.1, 0.1, 0.2))),
        effects=effects,
        shown=world.effect,
    )


def disturbance(happened: tuple[Episode, ...], days: int) -> dict[Vital, NDArray[np.float64]]:
    """Sum what the episodes do to each vital on each day, float64[days] per vital touched."""
    return disturbance_at(happened, np.arange(days, dtype=np.float64) + MORNING)


def disturbance_at(
    happened: tuple[Episode, ...], index: NDArray[np.float64]
) -> dict[Vital, NDArray[np.float64]]:
    """Sum what the episodes do to each vital at moments in days, float64[n] per vital touched."""
    total: dict[Vital, NDArray[np.float64]] = {}
    for episode in happened:
        if episode.shape == "none":
            continue
        course_of_days = profile(episode, index)
        for vital, size in episode.effects.items():
            total[vital] = total.get(vital, 0.0) + size * course_of_days
    return total


def profile(episode: Episode, day: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much of an episode shows on each day: 0 before onset, 1 at its worst."""
    length = max(episode.worst - episode.onset, 0.1)
    grown = np.clip((day - episode.onset) / length, 0, 1)
    after = np.where(
        day > episode.worst,
        np.exp(-np.clip(day - episode.worst - 1, 0, None) / episode.course.recovery),
        1.0,
    )
    match episode.shape:
        case "convex":
            grown = grown**2
        case "step":
            grown = (grown > 0.3).astype(np.float64)  # noqa: PLR2004 (a shape, not a limit)
        case "sawtooth":
            grown = grown * (0.6 + 0.4 * np.cos(2 * np.pi * day / 3))
        case "late":
            grown = np.clip((day - episode.worst + 2) / 2, 0, 1)
        case _:
            pass
    return np.asarray(grown * after, dtype=np.float64)


def events(happened: tuple[Episode, ...], days: int, random: Generator) -> tuple[Event, ...]:
    """Return what the records say: most true episodes, late, and a few that never were."""
    true = [
        Event(e.course.kind, e.recorded, e.onset, e.silent)
        for e in happened
        if e.recorded is not None and e.recorded < days
    ]
    wrong = [
        Event("mistaken", day, day, silent=True)
        for day in random.uniform(0, days, size=random.binomial(len(true), WRONG_LABELS))
    ]
    return tuple(sorted([*true, *wrong], key=lambda event: event.day))
