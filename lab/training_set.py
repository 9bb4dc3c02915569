"""Simulated lives as described instants with what followed: what training and evaluation see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import MEASURES, Group
from lab.histories import history_of, instant
from monitoring.families import ANY, TARGETS
from monitoring.features import FEATURES, asked_at, describe
from monitoring.sample import Sample
from monitoring.windows import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.simulator import Life
    from monitoring.families import Target

    Bools = NDArray[np.bool_]

FIRST_DAY = 10  # a baseline needs a week before the week under test; earlier there is little
TREATED_DAYS = 14  # after a recorded event the same illness is not predicted again
# Kinds of recorded events, by family; what was recorded by mistake belongs to none.
FAMILY_OF = {
    "heart_failure": ("heart_failure",),
    "copd": ("respiratory",),
    "pneumonia": ("respiratory", "infection"),
    "uti": ("infection",),
    "hyperglycaemia": ("glucose",),
    "hypoglycaemia": ("glucose",),
    "dehydration": ("circulation",),
    "af_rvr": ("circulation",),
    "severe_pressure": ("circulation",),
    "fall": ("decline",),
    "frailty": ("decline",),
}


@dataclass(frozen=True, slots=True)
class Lacking:
    """The share of people whose program lacks a device, or asks no questions.

    Nobody's home has every device of the simulated ones: a score that was trained on people who
    have them all leans on what others do not send.
    """

    device: float = 0.08
    questions: float = 0.25


ALL = Lacking(0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    described: NDArray[np.float32]
    outcomes: dict[Target, Bools]
    usable: Bools
    groups: NDArray[np.int64]
    days: NDArray[np.float64]


def sample_of(
    lives: Iterable[Life],
    *,
    seed: int,
    lacking: Lacking = ALL,
    progress: Callable[[], None] = lambda: None,
) -> Sample:
    """Describe each patient-day once, as asked at a random waking hour, in the order of time."""
    each: list[_Rows] = []
    for life in lives:
        random = np.random.default_rng([seed, life.number])  # the same, whoever comes before
        each.append(_rows(_without(life, lacking, random), random))
        progress()
    return Sample(
        np.concatenate([rows.described for rows in each]),
        {t: np.concatenate([rows.outcomes[t] for rows in each]) for t in TARGETS},
        np.concatenate([rows.usable for rows in each]),
        np.concatenate([rows.groups for rows in each]),
        np.concatenate([rows.days for rows in each]),
    )


def _without(life: Life, lacking: Lacking, random: Generator) -> Life:
    """Take away some of what a person sends; never everything."""
    unasked = random.random() < lacking.questions
    kept = {
        vital: stream
        for vital, stream in life.streams.items()
        if not (
            unasked if MEASURES[vital].group is Group.ANSWER else random.random() < lacking.device
        )
    }
    return replace(life, streams=kept) if kept else life


def _rows(life: Life, random: Generator) -> _Rows:
    days = np.arange(FIRST_DAY, life.days) + random.uniform(9 / 24, 1, life.days - FIRST_DAY)
    past = history_of(life)
    described = np.empty((len(days), len(FEATURES)), dtype=np.float32)
    for row, day in enumerate(days.tolist()):
        now = instant(day)
        known = cut(past, now, arrived=now)
        described[row] = describe(known, asked_at(known, now))
    recorded = np.array([event.day for event in life.events])[:, None]
    treated = np.any((recorded <= days) & (recorded > days - TREATED_DAYS), axis=0)
    return _Rows(
        described,
        {target: followed(life, days, target) for target in TARGETS},
        ~treated,
        np.full(len(days), life.number, dtype=np.int64),
        days,
    )


def followed(life: Life, days: NDArray[np.float64], target: Target) -> Bools:
    """Return bool[n]: an event of the target's family is recorded within its horizon."""
    recorded = [
        event.day
        for event in life.events
        if target.family == ANY or target.family in FAMILY_OF.get(event.kind, ())
    ]
    ahead = np.array(recorded)[:, None] - days
    return np.asarray(np.any((ahead > 0) & (ahead <= target.horizon_days), axis=0))
