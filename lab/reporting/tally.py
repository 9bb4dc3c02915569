"""Counts per patient under one way of alerting, and the figures that they give, with intervals.

Everything is a sum over patients, so that a bootstrap draws patients and only adds up. The
definitions are those of `lab.scorecard`; what it does not know stands here: three plain
look-backs, PPV by what was truly under way, and the first alert before a heart-failure event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lab.judging import LOOK_BACK
from lab.reporting.ceiling import ONE_SPREAD
from lab.scorecard import YEAR, LookBack, counted, interval, leads, resampled, summed_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lab.reporting.people import Watched
    from lab.scorecard import Course

    Floats = NDArray[np.float64]

PLAIN = (7.0, 14.0, 30.0)  # look-backs in days, the same for every kind of event
HEART_FAILURE, HEART_DAYS, AHEAD = "heart_failure", 14.0, 1.0  # G1: 24 h ahead
REACHES = (2.0, 7.0, 14.0)  # the look-backs that LOOK_BACK knows
COLUMNS = (
    *("found", "events", "episodes", "explained", "observed"),
    *(f"found{days:g}" for days in PLAIN),
    *(f"reach{days:g}" for days in REACHES),
    *("actionable", "ill", "near", "heart", "heart_early", "readable", "found_readable"),
)
AT = {name: number for number, name in enumerate(COLUMNS)}


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with the middle 95 % of a bootstrap by patient."""

    value: float
    low: float = math.nan
    high: float = math.nan


Figures = dict[str, Figure]


def row(person: Watched, course: Course) -> list[float]:
    """Return one patient's counts under COLUMNS."""
    own = counted([course], LOOK_BACK)[0].tolist()
    plain = [float(counted([course], LookBack(days))[0][0]) for days in PLAIN]
    reach = LOOK_BACK.of(course.kinds, len(course.events))
    heart = np.array([kind == HEART_FAILURE for kind in course.kinds], dtype=np.bool_)
    early = _early(replace(course, events=course.events[heart], kinds=()))
    span = (person.seen.first, person.seen.last)
    near = np.stack([course.events - reach, course.events], axis=1).reshape(-1, 2)
    return [
        *own,
        *plain,
        *(float(np.sum(reach == days)) for days in REACHES),
        float(np.sum(inside(course.opened, person.ill))),
        covered(person.ill, *span),
        covered(near, *span),
        float(np.sum(heart)),
        early,
        *_of_readable(person, course),
    ]


def _of_readable(person: Watched, course: Course) -> tuple[float, float]:
    """Return how many events could be read at all, and how many of these were found."""
    own = readable(person)
    kinds = tuple(kind for kind, kept in zip(course.kinds, own.tolist(), strict=True) if kept)
    found = counted([replace(course, events=course.events[own], kinds=kinds)], LOOK_BACK)[0, 0]
    return float(np.sum(own)), float(found)


def readable(person: Watched) -> NDArray[np.bool_]:
    """Return which events left a trace in any reading or answer, bool[events]."""
    return np.asarray(person.traces[:, 2] >= ONE_SPREAD, dtype=np.bool_)


def _early(course: Course) -> float:
    ahead = course.events[:, None] - course.opened
    return float(np.sum(np.any((ahead >= AHEAD) & (ahead <= HEART_DAYS), axis=1)))


def inside(moments: Floats, spans: Floats) -> NDArray[np.bool_]:
    """Return which moments fall into any span, bool[n]."""
    at = moments[:, None]
    return np.asarray(np.any((at >= spans[:, 0]) & (at <= spans[:, 1]), axis=1), dtype=np.bool_)


def covered(spans: Floats, first: float, last: float) -> float:
    """Return how many days any span covers, each day once."""
    total, until = 0.0, first
    for start, end in sorted(spans.tolist()):
        begin, stop = max(start, until), min(end, last)
        total += max(stop - begin, 0.0)
        until = max(until, stop)
    return total


def tallied(people: Sequence[Watched], courses: Sequence[Course]) -> Floats:
    """Return the counts of all patients, float64[patients, COLUMNS]."""
    rows = [row(person, course) for person, course in zip(people, courses, strict=True)]
    return np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))


def figures(people: Sequence[Watched], courses: Sequence[Course], seed: int) -> Figures:
    """Return every figure of one way of alerting with its interval."""
    found = summary(people, tallied(people, courses), seed)
    return found | {"lead_days": _lead(people, courses, seed)}


def summary(people: Sequence[Watched], counts: Floats, seed: int) -> Figures:
    """Return the figures of counts per patient, float64[patients, COLUMNS]."""
    drawn = resampled(summed_by([person.name for person in people], counts), seed)
    exact, spread = computed(counts.sum(axis=0)[None, :]), computed(drawn)
    return {name: Figure(float(value[0]), *interval(spread[name])) for name, value in exact.items()}


def ahead(people: Sequence[Watched], ours: Floats, theirs: Floats, seed: int) -> Figure:
    """Return by how much one way's sensitivity beyond chance exceeds another's, drawn in pairs.

    Both are counts of the same patients, float64[patients, COLUMNS].
    """
    names = [person.name for person in people]
    lifts = []
    for counts in (ours, theirs):
        drawn = resampled(summed_by(names, counts), seed)  # the same seed draws the same people
        rows = np.vstack([counts.sum(axis=0), drawn])
        lifts.append(computed(rows)["lift"])
    apart = lifts[0] - lifts[1]
    return Figure(float(apart[0]), *interval(apart[1:]))


def computed(rows: Floats) -> dict[str, Floats]:
    """Return the figures of each row of sums, float64[rows] each."""
    of: Mapping[str, Floats] = {name: rows[:, number] for name, number in AT.items()}
    with np.errstate(invalid="ignore", divide="ignore"):
        rate, years = of["episodes"] / of["observed"], of["observed"] / YEAR
        chance = sum(of[f"reach{d:g}"] * (1 - np.exp(-rate * d)) for d in REACHES) / of["events"]
        found = of["found"] / of["events"]
        result = {
            "sensitivity": found,
            "chance": np.asarray(chance),
            "lift": found - chance,
            "burden": of["episodes"] / years,
            "unexplained": (of["episodes"] - of["explained"]) / years,
            "per_100_per_day": 100 * rate,
            "ppv_event": of["explained"] / of["episodes"],
            "ppv_event_by_chance": of["near"] / of["observed"],
            "ppv_actionable": of["actionable"] / of["episodes"],
            "ppv_actionable_by_chance": of["ill"] / of["observed"],
            "found_of_readable": of["found_readable"] / of["readable"],
            "readable": of["readable"] / of["events"],
            "share_of_ceiling": of["found"] / of["readable"],
            "heart_early": of["heart_early"] / of["heart"],
            "events": of["events"],
            "heart_events": of["heart"],
            "patient_years": years,
        }
        for days in PLAIN:
            seen, luck = of[f"found{days:g}"] / of["events"], 1 - np.exp(-rate * days)
            result |= {f"sensitivity_{days:g}": seen, f"chance_{days:g}": luck}
            result |= {f"lift_{days:g}": seen - luck}
    return result


def share(names: Sequence[str], counts: Floats, seed: int, *, least: int = 1) -> Figure:
    """Return column 0 of column 1, float64[rows, 2], over the people named; NaN of too few."""
    part, whole = counts.sum(axis=0).tolist() if len(counts) else (0.0, 0.0)
    if whole < least:
        return Figure(math.nan)
    drawn = resampled(summed_by(names, counts), seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = drawn[:, 0] / drawn[:, 1]
    return Figure(part / whole, *interval(each))


LEAD_DRAWS = 200


def _lead(people: Sequence[Watched], courses: Sequence[Course], seed: int) -> Figure:
    """Return the median lead from the first alert within the look-back, by patients drawn."""
    own: dict[str, list[float]] = {}
    for person, course in zip(people, courses, strict=True):
        own.setdefault(person.name, []).extend(leads(course, LOOK_BACK))
    each = [np.array(values) for _, values in sorted(own.items())]
    every = np.concatenate([*each, np.empty(0)])
    if not len(every):
        return Figure(math.nan)
    random = np.random.default_rng(seed)
    drawn = random.integers(0, len(each), size=(LEAD_DRAWS, len(each)))
    medians = [_median([each[number] for number in numbers]) for numbers in drawn.tolist()]
    return Figure(float(np.median(every)), *interval(np.array(medians)))


def _median(each: list[Floats]) -> float:
    every = np.concatenate([*each, np.empty(0)])
    return float(np.median(every)) if len(every) else math.nan
