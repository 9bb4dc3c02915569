"""How good a way of alerting is: sensitivity beside chance at the same burden, PPV, lead time.

Definitions are `evidence.md` sections 0 and 3.5: one alert episode is firings merged until
14 days are quiet; an event is found when an episode *opened* within the look-back before it;
random alerts at r episodes per patient-year would find 1 - exp(-r W / 365) of the events.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MERGE_DAYS = 14
YEAR = 365.25
DRAWS = 500  # bootstrap samples of patients


@dataclass(frozen=True, slots=True)
class Course:
    """One patient as a scorecard sees them: when it fired, when events were recorded."""

    fired: Floats  # days, ascending
    events: Floats  # days
    observed: float  # days
    kinds: tuple[str, ...] = ()  # what each event was, where that is known


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One way of alerting, judged. Burden in alert episodes per patient-year."""

    name: str
    events: int
    patient_years: float
    sensitivity: float
    chance: float  # sensitivity of random alerts at the same burden
    interval: tuple[float, float]  # 95 % of sensitivity minus chance, bootstrap by patient
    burden: float
    unexplained: float  # episodes per patient-year with no event within the look-back after
    ppv_event: float
    lead_days: float  # median, from the opening to the event
    by_kind: tuple[tuple[str, int, int], ...] = ()  # kind, found, all

    @property
    def lift(self) -> float:
        """Return what it finds beyond chance."""
        return self.sensitivity - self.chance


def openings(fired: Floats) -> Floats:
    """Return when alert episodes opened: firings merged until MERGE_DAYS are quiet."""
    new = np.r_[True, np.diff(fired) > MERGE_DAYS][: len(fired)]
    return np.asarray(fired[new], dtype=np.float64)


def scorecard(name: str, courses: Sequence[Course], *, look_back: float, seed: int) -> Scorecard:
    """Judge one way of alerting over patients; `look_back` in days."""
    counts = np.array([_counts(course, look_back) for course in courses]).reshape(-1, 5)
    total = counts.sum(axis=0)
    leads = [lead for course in courses for lead in _leads(course, look_back)]
    sensitivity, chance = _against_chance(total, look_back)
    years = total[4] / YEAR
    return Scorecard(
        name=name,
        events=int(total[1]),
        patient_years=years,
        sensitivity=sensitivity,
        chance=chance,
        interval=_bootstrap(counts, look_back, seed),
        burden=total[2] / years,
        unexplained=(total[2] - total[3]) / years,
        ppv_event=total[3] / total[2] if total[2] else math.nan,
        lead_days=float(np.median(leads)) if leads else math.nan,
        by_kind=_by_kind(courses, look_back),
    )


def _by_kind(courses: Sequence[Course], look_back: float) -> tuple[tuple[str, int, int], ...]:
    found: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for course in courses:
        every.update(course.kinds)
        hits = np.any(_within(course, look_back), axis=1)
        found.update(kind for kind, hit in zip(course.kinds, hits, strict=False) if hit)
    return tuple((kind, found[kind], count) for kind, count in sorted(every.items()))


def _within(course: Course, look_back: float) -> NDArray[np.bool_]:
    """Return bool[events, episodes]: the episode opened within the look-back before."""
    ahead = course.events[:, None] - openings(course.fired)
    return np.asarray((ahead > 0) & (ahead <= look_back), dtype=np.bool_)


def _counts(course: Course, look_back: float) -> tuple[float, ...]:
    """Return events found, events, episodes, episodes with an event after, days observed."""
    within = _within(course, look_back)
    found, explained = within.any(axis=1).sum(), within.any(axis=0).sum()
    return float(found), *within.shape, float(explained), course.observed


def _leads(course: Course, look_back: float) -> list[float]:
    opened = openings(course.fired)
    ahead = [event - opened for event in course.events]
    known = [a[(a > 0) & (a <= look_back)] for a in ahead]
    return [float(a.max()) for a in known if len(a)]


def _against_chance(total: Floats, look_back: float) -> tuple[float, float]:
    rate = total[2] / total[4]
    sensitivity = total[0] / total[1] if total[1] else math.nan
    return float(sensitivity), float(1 - math.exp(-rate * look_back))


def _bootstrap(counts: Floats, look_back: float, seed: int) -> tuple[float, float]:
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(counts), size=(DRAWS, len(counts)))
    pairs = [_against_chance(counts[rows].sum(axis=0), look_back) for rows in drawn]
    gains = [s - c for s, c in pairs if not math.isnan(s)]
    if not gains:
        return math.nan, math.nan
    low, high = np.quantile(gains, (0.025, 0.975))
    return float(low), float(high)
