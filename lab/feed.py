"""The demo's live feed: readings that keep arriving, and now and then somebody worsens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from core.vitals import Vital
from lab.enrolment import DEVICES
from lab.resources import ACTIVITY, PRESSURE
from lab.stories import TURNS
from lab.telling import sent, usual

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from random import Random

    from lab.enrolment import Demo
    from lab.resources import Sent

EVERY = timedelta(seconds=2)
TURN_EVERY = 45  # readings, on average, between two people who worsen
# Scatter of a repeated measurement at rest, share of the usual value (E).
SCATTER = 0.02
TIGHT = {Vital.SPO2: 0.006, Vital.BODY_TEMPERATURE: 0.004, Vital.BODY_WEIGHT: 0.003}


def continuing(people: Sequence[Demo], start: datetime, random: Random) -> Iterator[Sent]:
    """Yield readings for ever: usual ones, and a bad turn about every TURN_EVERY readings."""
    talking = [demo for demo in people if not demo.story.quiet_hours]
    moment = start
    while talking:
        demo = random.choice(talking)
        for values in _next(demo, random):
            moment += EVERY
            yield sent(demo, values, moment, moment)


def _next(demo: Demo, random: Random) -> Sequence[Mapping[Vital, float]]:
    turns = [turn for turn in TURNS if turn[0].keys() <= demo.life.streams.keys()]
    if turns and random.random() * TURN_EVERY < 1:
        return random.choice(turns)
    vital = random.choice([v for v in DEVICES if v in demo.life.streams and v not in ACTIVITY])
    vitals = PRESSURE if vital is Vital.SYSTOLIC_BP else (vital,)
    return ({v: _about_usual(demo, v, random) for v in vitals},)


def _about_usual(demo: Demo, vital: Vital, random: Random) -> float:
    level = usual(demo, vital)
    return level + random.gauss(0, TIGHT.get(vital, SCATTER) * level)
