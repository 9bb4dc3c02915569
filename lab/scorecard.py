"""How good a way of alerting is: sensitivity beside chance at the same burden, PPV, lead time.

Definitions are `evidence.md` sections 0 and 3.5: one alert episode is the firings of one problem
merged until 14 days are quiet; an event is found when an episode *opened* within the look-back
before it; random alerts at r episodes per patient-year would find 1 - exp(-r W / 365) of the
events.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MERGE_DAYS = 14
CASE_DAYS = 3  # AL-02: what opens within 72 h of a person's case is the same case
YEAR = 365.25
DRAWS = 2_000  # bootstrap samples of subjects


@dataclass(frozen=True, slots=True)
class LookBack:
    """How many days before an event an alert must open to have found it, by kind of event."""

    days: float
    by_kind: Mapping[str, float] = field(default_factory=dict)

    def of(self, kinds: Sequence[str], events: int) -> Floats:
        """Return the look-back of each of so many events, float64[events]."""
        named = kinds or ("",) * events
        return np.array([self.by_kind.get(kind, self.days) for kind in named], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Course:
    """One patient as a scorecard sees them: when episodes opened, when events were recorded."""

    opened: Floats  # days, ascending
    events: Floats  # days
    observed: float  # days
    kinds: tuple[str, ...] = ()  # what each event was, where that is known
    subject: str = ""  # the real person behind it; lives of one person are drawn together


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One way of alerting, judged. Burden in alert episodes per patient-year."""

    name: str
    events: int
    patient_years: float
    sensitivity: float
    chance: float  # sensitivity of random alerts at the same burden
    interval: tuple[float, float]  # 95 % of sensitivity minus chance, bootstrap by subject
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


def opened(by_problem: Iterable[Floats]) -> Floats:
    """Return when the episodes of all problems opened, ascending; each problem merges alone."""
    each = [openings(fired) for fired in by_problem]
    return np.sort(np.concatenate(each)) if each else np.empty(0)


def cases(opened: Floats) -> Floats:
    """Return when a person's cases opened: episodes of any problem near the first are one case."""
    each: list[float] = []
    for day in opened.tolist():
        if not each or day - each[-1] > CASE_DAYS:
            each.append(day)
    return np.array(each, dtype=np.float64)


def scorecard(name: str, courses: Sequence[Course], *, look_back: LookBack, seed: int) -> Scorecard:
    """Judge one way of alerting over patients."""
    counts = counted(courses, look_back)
    total = counts.sum(axis=0)
    every = [lead for course in courses for lead in leads(course, look_back)]
    years = total[_OBSERVED] / YEAR
    sensitivity = sensitivity_of(total)
    return Scorecard(
        name=name,
        events=int(total[EVENTS]),
        patient_years=years,
        sensitivity=sensitivity,
        chance=chance_of(total, courses, look_back),
        interval=_bootstrap(counts, courses, look_back, seed),
        burden=total[EPISODES] / years,
        unexplained=(total[EPISODES] - total[_EXPLAINED]) / years,
        ppv_event=total[_EXPLAINED] / total[EPISODES] if total[EPISODES] else math.nan,
        lead_days=float(np.median(every)) if every else math.nan,
        by_kind=by_kind(courses, look_back),
    )


FOUND, EVENTS, EPISODES, _EXPLAINED, _OBSERVED = range(5)  # columns of `counted`


def counted(courses: Sequence[Course], look_back: LookBack) -> Floats:
    """Return events found, events, episodes, episodes explained and days, float64[patients, 5]."""
    rows = []
    for course in courses:
        within = _within(course, look_back)
        found, explained = within.any(axis=1).sum(), within.any(axis=0).sum()
        rows.append((float(found), *within.shape, float(explained), course.observed))
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


def sensitivity_of(total: Floats) -> float:
    """Return the share of events found of one row of counts."""
    return float(total[FOUND] / total[EVENTS]) if total[EVENTS] else math.nan


def chance_of(total: Floats, courses: Sequence[Course], look_back: LookBack) -> float:
    """Return the sensitivity of random alerts at the burden of a row of counts."""
    reach = _reaches(courses, look_back)
    if not len(reach):
        return math.nan
    rate = total[EPISODES] / total[_OBSERVED]
    return float(np.mean(1 - np.exp(-rate * reach)))


def _reaches(courses: Sequence[Course], look_back: LookBack) -> Floats:
    each = [look_back.of(course.kinds, len(course.events)) for course in courses]
    return np.concatenate(each) if each else np.empty(0)


def by_kind(courses: Sequence[Course], look_back: LookBack) -> tuple[tuple[str, int, int], ...]:
    """Return for each kind of event how many were found, and how many there were."""
    found: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for course in courses:
        every.update(course.kinds)
        hits = np.any(_within(course, look_back), axis=1)
        found.update(kind for kind, hit in zip(course.kinds, hits, strict=False) if hit)
    return tuple((kind, found[kind], count) for kind, count in sorted(every.items()))


def _within(course: Course, look_back: LookBack) -> NDArray[np.bool_]:
    """Return bool[events, episodes]: the episode opened within the look-back before."""
    ahead = course.events[:, None] - course.opened
    reach = look_back.of(course.kinds, len(course.events))[:, None]
    return np.asarray((ahead > 0) & (ahead <= reach), dtype=np.bool_)


def leads(course: Course, look_back: LookBack) -> list[float]:
    """Return for each event found by how many days its first alert came before it."""
    ahead = course.events[:, None] - course.opened
    known = np.where(_within(course, look_back), ahead, -math.inf)
    best = known.max(axis=1, initial=-math.inf)
    return [float(lead) for lead in best if lead > 0]


def _bootstrap(
    counts: Floats, courses: Sequence[Course], look_back: LookBack, seed: int
) -> tuple[float, float]:
    # What chance gives hardly varies between samples of patients but by their burden.
    reach = _reaches(courses, look_back)
    if not len(reach):
        return math.nan, math.nan
    drawn = resampled(by_subject(counts, courses), seed)
    rates = drawn[:, EPISODES] / drawn[:, _OBSERVED]
    chance = 1 - np.exp(-rates[:, None] * reach[None, :])
    with np.errstate(invalid="ignore"):
        gains = drawn[:, FOUND] / drawn[:, EVENTS] - chance.mean(axis=1)
    return interval(gains)


def by_subject(counts: Floats, courses: Sequence[Course]) -> Floats:
    """Sum rows over the lives of each subject, float64[subjects, ...].

    Copies of one person are no independent people: a bootstrap that draws them one by one
    tells an interval that is too narrow.
    """
    return summed_by(
        [course.subject or f"life {number}" for number, course in enumerate(courses)], counts
    )


def summed_by(names: Sequence[str], counts: Floats) -> Floats:
    """Sum rows that bear the same name, float64[names, ...] in the order of the names."""
    _, which = np.unique(names, return_inverse=True)
    summed = np.zeros((int(which.max(initial=-1)) + 1, *counts.shape[1:]))
    np.add.at(summed, which, counts)
    return summed


def resampled(counts: Floats, seed: int) -> Floats:
    """Return the sums of counts, one row a subject, over DRAWS samples with replacement."""
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(counts), size=(DRAWS, len(counts)))
    return np.asarray(np.stack([counts[each].sum(axis=0) for each in drawn]), dtype=np.float64)


def interval(values: Floats) -> tuple[float, float]:
    """Return the middle 95 % of what is a number; NaN twice where nothing is."""
    known = values[np.isfinite(values)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)
