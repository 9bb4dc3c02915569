"""What people answer to the daily questions: from their latent state, with gaps and bad days.

A breathlessness of 0 to 10 on each day that is answered; a complaint is sent on the days on
which it is ticked. Knows nothing of rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.devices import PROMPT, Stream, days_used
from lab.scenarios import profile
from lab.symptoms import ANYWAY, BAD_DAY, BAD_DAYS, COMPLAINTS, SCATTER

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.physiology import Resident
    from lab.scenarios import Episode

    Floats = NDArray[np.float64]

HOUR, LATER = 8.6, 1.2  # local hour of the questions, and hours of scatter
ANSWERED = 0.95  # E: who measures, mostly answers too


def answers(
    person: Resident, happened: tuple[Episode, ...], kept: Floats, random: Generator
) -> dict[Vital, Stream]:
    """Return a stream for each question; `kept` is the chance of measuring, float64[days]."""
    worse, told = felt(happened, len(kept), random)
    days = days_used(np.clip(kept * ANSWERED, 0.02, 0.99), random)
    hours = np.clip(random.normal(HOUR, LATER, size=len(days)), 5, 23)
    moments = days + hours / 24
    result = {}
    level = _breathless(person, worse, random)[days]
    result[Vital.BREATHLESSNESS] = _stream(moments, level)
    for vital, (anybody, group, share) in ANYWAY.items():
        calm = share if person.has(group) else anybody
        chance = np.maximum(told.get(vital, np.zeros(len(kept))), calm)
        ticked = (random.uniform(size=len(kept)) < chance)[days]
        if np.any(ticked):
            result[vital] = _stream(moments[ticked], np.ones(int(ticked.sum())))
    return result


def felt(
    happened: tuple[Episode, ...], days: int, random: Generator
) -> tuple[Floats, dict[Vital, Floats]]:
    """Return what illness makes people feel on each day, float64[days] each.

    Points of breathlessness, and the chance that each complaint is ticked.
    """
    worse = np.zeros(days)
    told: dict[Vital, Floats] = {}
    index = np.arange(days, dtype=np.float64) + HOUR / 24
    for episode in happened:
        complaint = COMPLAINTS.get(episode.course.kind)
        if complaint is None:
            continue
        # A silent episode is silent in the answers too: the person notices nothing (E).
        shown = 0.0 if episode.shape == "none" else episode.shown
        course = profile(episode, index) * shown
        worse += max(0.0, float(random.normal(*complaint.breathless))) * course
        for vital, share in complaint.yes.items():
            if random.random() < share:
                told[vital] = np.maximum(told.get(vital, 0.0), course)
    return worse, told


def _breathless(person: Resident, worse: Floats, random: Generator) -> Floats:
    n = len(worse)
    bad = np.where(random.uniform(size=n) < BAD_DAYS, BAD_DAY, 0.0)
    level = person.breathless + worse + bad + SCATTER * random.normal(size=n)
    return np.asarray(np.clip(np.round(level), 0, 10), dtype=np.float64)


def _stream(taken: Floats, values: Floats) -> Stream:
    return Stream(taken, taken + PROMPT, values)
