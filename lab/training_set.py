"""Simulated lives as described instants with what followed: what training and evaluation see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import MEASURES, Group
from lab.histories import history_of, instant
from monitoring.asked import YEAR, Asked
from monitoring.families import ANY, TARGETS
from monitoring.features import FEATURES, asked_at, describe, enough
from monitoring.sample import Sample
from monitoring.windows import DAY, cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.simulator import Life
    from monitoring.families import Target

    Bools = NDArray[np.bool_]

FIRST_DAY = 10  # a baseline needs a week before the week under test; earlier there is little
END_OF_DAY = 1 / 86_400  # before midnight, as a replay ends it
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


def askings_of(
    lives: Iterable[Life],
    *,
    seed: int,
    quiet: float,
    lacking: Lacking = ALL,
    progress: Callable[[], None] = lambda: None,
) -> Asked:
    """Describe people each time that the service asks: at each arrival, and as each day ends.

    `quiet` are the days after which an episode is over. Where the score abstains, it says nothing.
    """
    described: list[NDArray[np.float32]] = [np.empty((0, len(FEATURES)), dtype=np.float32)]
    groups, days, observed = [np.empty(0, dtype=np.int64)], [np.empty(0)], 0.0
    for life in lives:
        random = np.random.default_rng([seed, life.number])
        rows, at = _asked(_without(life, lacking, random))
        described.append(rows)
        groups.append(np.full(len(at), life.number, dtype=np.int64))
        days.append(at)
        observed += life.days - FIRST_DAY
        progress()
    return Asked(
        np.concatenate(described),
        np.concatenate(groups),
        np.concatenate(days),
        observed / YEAR,
        quiet,
    )


def _asked(life: Life) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return what the score saw, float32[n, f], and the days on which it was asked, float64[n]."""
    past = history_of(life)
    ends = np.arange(FIRST_DAY + 1, life.days + 1) - END_OF_DAY
    arrivals = (past.contacts_received - instant(0)) / DAY
    moments = np.unique(np.concatenate([ends, arrivals[arrivals >= FIRST_DAY]]))
    found, at = [], []
    for day in moments[moments < life.days].tolist():
        now = instant(day)
        known = cut(past, now, arrived=now)
        row = describe(known, asked_at(known, now))
        if enough(row):
            found.append(row.astype(np.float32))
            at.append(day)
    return np.array(found, dtype=np.float32).reshape(-1, len(FEATURES)), np.array(at)


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
