"""Latent episodes laid into the real readings of real people: specificity as it is, not as drawn.

Episodes come from the same courses as in simulated lives, more often so that there is
something to count; look-alikes are left out, real life has its own. No answers are added:
the people of the reference data were not asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.backgrounds import glucose_people, half, tihm_people
from lab.devices import Stream
from lab.physiology import resident
from lab.scenarios import World, disturbance_at, episodes, events, profile
from lab.simulator import MULTIPLICATIVE, Life

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.backgrounds import Background
    from lab.physiology import Resident
    from lab.scenarios import Episode

    Floats = NDArray[np.float64]

SEED = 20270201
# Episodes are this much more frequent than in life: sensitivity needs some, burden does not
# rise by what is injected but by what it makes fire.
OFTEN = 10.0
LOW_SUGAR = "hypoglycaemia"
NADIR = (50.0, 7.0)  # E, mg/dL: about two of three below ADA's level 2
ON_INSULIN = 0.35  # of people with type 2 diabetes (R-m, as in `lab.physiology`)
LOWEST = {Vital.GLUCOSE: 30.0, Vital.MOTION: 0.0, Vital.NIGHT_BATHROOM: 0.0}


@dataclass(frozen=True, slots=True)
class Source:
    """One set of real backgrounds, and how often each person is lived again."""

    name: str
    copies: int
    injected: frozenset[str]  # what of the courses shows in the vitals that are there


TIHM = Source(
    "TIHM",
    24,
    frozenset({"heart_failure", "copd", "pneumonia", "uti", "dehydration", "af_rvr"})
    | {"severe_pressure", "frailty"},
)
SHANGHAI = Source("Shanghai diabetes", 2, frozenset({"hypoglycaemia", "hyperglycaemia"}))


def tihm_lives(folder: Path, *, held_out: bool, copies: int = TIHM.copies) -> Iterator[Life]:
    """Yield lives with the readings of people of TIHM and injected episodes."""
    people = half(tihm_people(folder / "tihm"), held_out=held_out)
    yield from _lives(people, replace(TIHM, copies=copies))


def glucose_lives(folder: Path, *, held_out: bool, copies: int = SHANGHAI.copies) -> Iterator[Life]:
    """Yield lives with the glucose of subjects with diabetes and injected episodes."""
    people = glucose_people(folder / "shanghai_diabetes", np.random.default_rng(SEED))
    yield from _lives(half(people, held_out=held_out), replace(SHANGHAI, copies=copies))


def _lives(people: list[Background], source: Source) -> Iterator[Life]:
    for number, each in enumerate(people):
        for copy in range(source.copies):
            random = np.random.default_rng([SEED, number, copy])
            yield _lived(number * source.copies + copy, each, source, random)


def _lived(number: int, each: Background, source: Source, random: Generator) -> Life:
    person = _who(each, source, random)
    world = World("semi-synthetic", look_alikes=0.0, often=OFTEN)
    drawn = episodes(person, each.days, world, random)
    happened = tuple(e for e in drawn if e.course.kind in source.injected)
    streams = {vital: _changed(vital, s, happened) for vital, s in each.streams.items()}
    recorded = events(happened, each.days, random)
    return Life(number, person, each.days, streams, happened, recorded, each.name)


def _who(each: Background, source: Source, random: Generator) -> Resident:
    """Draw conditions for a real person; sex, age and diabetes as the source has them."""
    drawn = resident(random)
    conditions = drawn.conditions
    if source.name == SHANGHAI.name:
        conditions |= {"diabetes"}
    else:
        conditions = (conditions - {"diabetes"}) | {"dementia"}
    return replace(
        drawn,
        sex=each.sex or drawn.sex,
        conditions=conditions,
        insulin=each.insulin or bool(random.random() < ON_INSULIN),
        scale_two=False,
        on_oxygen=False,
    )


def _changed(vital: Vital, stream: Stream, happened: tuple[Episode, ...]) -> Stream:
    change = _change(vital, stream, happened)
    raised = vital in MULTIPLICATIVE
    values = stream.values * np.exp(change) if raised else stream.values + change
    step = 1.0 if vital in WHOLE else 0.1
    rounded = np.where(change == 0, values, np.round(values / step) * step)
    lowest = LOWEST.get(vital, 0.0)
    return Stream(
        stream.taken, stream.received, np.maximum(rounded, np.minimum(stream.values, lowest))
    )


WHOLE = (Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP, Vital.HEART_RATE, Vital.GLUCOSE, Vital.MOTION)


def _change(vital: Vital, stream: Stream, happened: tuple[Episode, ...]) -> Floats:
    own = tuple(e for e in happened if vital in e.effects and e.course.kind != LOW_SUGAR)
    changes: Mapping[Vital, Floats] = disturbance_at(own, stream.taken)
    change = changes.get(vital, np.zeros(len(stream.taken)))
    for episode in happened:
        if vital is Vital.GLUCOSE and episode.course.kind == LOW_SUGAR and not episode.silent:
            # Real sugar stands at any height: it falls to a depth, not by an amount.
            depth = NADIR[0] + NADIR[1] * _standing(episode)
            down = np.minimum(depth - stream.values, 0.0)
            change = change + down * profile(episode, stream.taken)
    return change


def _standing(episode: Episode) -> float:
    mean, spread = episode.course.effects[Vital.GLUCOSE]
    return (episode.effects[Vital.GLUCOSE] - mean) / spread
