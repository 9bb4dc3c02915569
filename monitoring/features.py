"""What the learned score looks at: how far, how fast and how completely, at one instant.

One implementation for live assessment, replay and training. Everything is measured against
the person's own normal from before the week under test, and nothing after the cut-off is
seen. A vital that was not measured is NaN, and how often it was measured is a feature of its
own: people often measure less, or more, before they fall ill.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from monitoring import syndromes
from monitoring.baseline import SPAN_DAYS, like_days, may_teach, restarted, usual
from monitoring.predictors import (
    COMPLAINTS,
    CONDITIONS,
    EXTREMES,
    FEATURES,
    FORMAT,
    LEVELS,
    SIGNS,
    Feature,
)
from monitoring.syndromes import among, together
from monitoring.windows import DAY, cut, local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from monitoring.windows import History

__all__ = [
    "FEATURES",
    "FORMAT",
    "SIGNS",
    "WINDOW_DAYS",
    "Feature",
    "asked_at",
    "describe",
    "enough",
]

# The normal is learnt from the days before these: the days under test never teach it.
WINDOW_DAYS = 7
FADES = 2.5  # days after which a day of the week under test counts 1/e (E)
# What cannot be told apart where no device error is known, in the vital's unit (E).
LEAST_SPREAD = {Vital.BREATHLESSNESS: 0.7}
TINY = 1e-9
WEIGHTS = np.exp(-np.arange(WINDOW_DAYS) / FADES)  # by days back from today
BEFORE = (28, 55)  # days back: the weeks that the last one is held against
LONG_BEFORE = (53, 66)  # days back: two months ago
Against = dict[Vital, float]  # spreads from usual, NaN where not known
NAN = math.nan


@dataclass(frozen=True, slots=True)
class Course:
    """How one vital went: the five numbers of the catalogue, and what syndromes are made of."""

    recent: float = NAN  # weighted mean of the last days, in its own standard errors
    latest: float = NAN
    change7: float = NAN
    change21: float = NAN
    measured: int = 0
    two_days: float = NAN  # spreads from usual, mean of the last two days
    week: float = NAN  # spreads from usual, mean of the last seven
    level: float = NAN  # mean of the last three days, in the vital's unit
    change60: float = NAN  # per cent of two months ago


def describe(history: History, cutoff: float) -> NDArray[np.float64]:
    """Return float64[len(FEATURES)] at `cutoff` (epoch seconds), NaN where not known.

    Only what was measured by `cutoff` is used; a caller that replays cuts the history at what
    had arrived by then as well (`windows.cut`).
    """
    past = cut(history, cutoff)
    today = local_day(cutoff, zone_of(past.person.zone))
    courses = {vital: _course(past, vital, today) for vital in SIGNS}
    numbers: list[float] = []
    for each in courses.values():
        numbers += (each.recent, each.latest, each.change7, each.change21, each.measured)
    numbers += (courses[vital].level for vital in LEVELS)
    numbers += (_extreme(past, vital, sign, today) for vital, sign in EXTREMES.values())
    numbers.append(courses[Vital.BODY_WEIGHT].change60)
    asked = bool(courses[Vital.BREATHLESSNESS].measured)
    numbers += (_told(past, v, today, days, asked=asked) for v, days in COMPLAINTS.items())
    numbers.append(_told(past, Vital.FALL, today, 2, asked=True))
    numbers += _syndromes(past, courses, today, asked=asked)
    numbers += _about(past, today)
    numbers += _contact(past, cutoff)
    return np.array(numbers, dtype=np.float64)


def asked_at(history: History, now: float) -> float:
    """Return the instant at which the score looks at a person, asked at `now` (epoch seconds).

    A local day counts once anything was measured on it, or once it is over: until then it is the
    evening before that is looked at. A day that has just begun would look like one on which
    somebody measured nothing, each night anew.
    """
    zone = zone_of(history.person.zone)
    today = local_day(now, zone)
    begin = datetime.combine(date.fromordinal(today), time.min, tzinfo=zone).timestamp()
    end = datetime.combine(date.fromordinal(today + 1), time.min, tzinfo=zone).timestamp() - 1.0
    contacts = history.contacts
    count = int(contacts.searchsorted(now, side="right"))
    heard = count > 0 and float(contacts[count - 1]) >= begin
    return now if heard or now >= end else begin - 1.0


_RECENT = [n for n, f in enumerate(FEATURES) if f.vital in SIGNS and f.name.endswith(".recent")]


def enough(described: NDArray[np.float64]) -> bool:
    """Return whether any vital of the last week can be held against the person's own normal.

    Without one a score would speak of age and diagnoses alone, and of how long somebody has
    been enrolled: it abstains.
    """
    return not bool(np.isnan(described[_RECENT]).all())


_COURSE = "the last course"


def _course(past: History, vital: Vital, today: int) -> Course:
    """Return how a vital went; of the same readings on the same day it is found once.

    Whoever is asked at each arrival has most vitals as they were at the one before.
    """
    series = past.series.get(vital)
    if series is None:
        return Course()
    if (series.origin and series.origin.sites is not None) or may_teach(past, vital) is not None:
        return _found(past, vital, today)
    key = (len(series), today, restarted(past, vital), past.frozen, past.person.zone)
    last: tuple[object, Course] | None = series.told.get(_COURSE)
    if last is None or last[0] != key:
        last = series.told[_COURSE] = (key, _found(past, vital, today))
    return last[1]


def _found(past: History, vital: Vital, today: int) -> Course:
    first = today - WINDOW_DAYS + 1
    daily = like_days(past, vital, before=first, days=SPAN_DAYS)
    recent = daily.between(today - LONG_BEFORE[1], today)
    back, values = today - recent.days, recent.medians
    week = back < WINDOW_DAYS
    measured = int(np.count_nonzero(week))
    if not measured:
        return Course()
    mine, level = values[week], _mean(values[back < 3])  # noqa: PLR2004 (the level's days)
    lately = float(mine.mean())
    before = _mean(values[(back >= LONG_BEFORE[0]) & (back <= LONG_BEFORE[1])])
    change60 = 100 * (lately - before) / before if before else NAN
    normal = usual(past, vital, before=first)
    if normal is None:
        return Course(measured=measured, level=level, change60=change60)
    centre, spread = normal.centre, max(normal.spread, LEAST_SPREAD.get(vital, TINY))
    weights = WEIGHTS[back[week]]
    mean = float(weights @ mine / weights.sum())
    errors = math.sqrt(float(weights.sum() ** 2 / (weights @ weights)))
    two = _mean(values[back < 2])  # noqa: PLR2004 (the last two days)
    week_ago = _mean(values[(back >= 7) & (back <= 9)])  # noqa: PLR2004 (about a week ago)
    weeks = _mean(values[(back >= BEFORE[0]) & (back <= BEFORE[1])])
    return Course(
        recent=(mean - centre) / spread * errors,
        latest=(float(values[-1]) - centre) / spread if back[-1] < 2 else NAN,  # noqa: PLR2004
        change7=(two - week_ago) / spread,
        change21=(lately - weeks) / spread,
        measured=measured,
        two_days=(two - centre) / spread,
        week=(lately - centre) / spread,
        level=level,
        change60=change60,
    )


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.add.reduce(values)) / len(values) if len(values) else NAN


def _of_days(past: History, vital: Vital, today: int, days: int) -> NDArray[np.float64]:
    """Return the readings of the last local days."""
    series = past.series.get(vital)
    return np.empty(0) if series is None else series.values[series.days > today - days]


def _extreme(past: History, vital: Vital, sign: int, today: int) -> float:
    values = _of_days(past, vital, today, 2)
    if not len(values):
        return NAN
    return float(values.max() if sign > 0 else values.min())


def _told(past: History, vital: Vital, today: int, days: int, *, asked: bool) -> float:
    """Count days with a yes; NaN where the person is not asked and did not say so."""
    series = past.series.get(vital)
    if series is None:
        return 0.0 if asked else NAN
    told = series.days[(series.days > today - days) & (series.values > 0)]
    return float(len(np.unique(told))) if len(told) or asked else NAN


def _syndromes(
    past: History, courses: Mapping[Vital, Course], today: int, *, asked: bool
) -> Iterator[float]:
    """Yield the syndromes in the order of the catalogue."""
    groups = past.person.groups
    now = {vital: each.two_days for vital, each in courses.items()}
    week = {vital: each.week for vital, each in courses.items()}
    weeks = {vital: each.change21 for vital, each in courses.items()}
    lately = _complaints(past, today, 2, asked=asked)
    in_week = _complaints(past, today, WINDOW_DAYS, asked=asked)
    yield among("heart_failure", groups, together(syndromes.HEART, now, lately["heart"]))
    yield among("heart_failure", groups, together(syndromes.HEART, week, in_week["heart"]))
    yield among("copd", groups, together(syndromes.LUNGS, now, lately["lungs"]))
    yield among("copd", groups, together(syndromes.LUNGS, week, in_week["lungs"]))
    yield together(syndromes.INFECTION, now, lately["infection"])
    yield together(syndromes.FLUID_LOSS, now, lately["fluid_loss"])
    yield together(syndromes.STRAIN, now, lately["strain"])
    yield together(syndromes.STRAIN, week, in_week["strain"])
    yield together(syndromes.DECLINE, weeks)


def _complaints(
    past: History, today: int, days: int, *, asked: bool
) -> dict[str, dict[Vital, float]]:
    """Return what the complaints of the last days count for in each syndrome, in spreads."""
    found: dict[str, dict[Vital, float]] = {}
    for name, weights in syndromes.COMPLAINED.items():
        counts = {v: _told(past, v, today, days, asked=asked) for v in weights}
        found[name] = {v: weights[v] * n for v, n in counts.items() if not math.isnan(n)}
    return found


def _about(past: History, today: int) -> Iterator[float]:
    person = past.person
    age = person.age(date.fromordinal(today))
    yield NAN if age is None else float(age)
    yield float(len(person.groups))
    for name in CONDITIONS:
        yield float(name in person.groups)
    yield float("insulin" in person.medicines)


def _contact(past: History, cutoff: float) -> Iterator[float]:
    """Count days (24 h steps back from the cut-off) with any reading, and hours of silence."""
    month = past.contacts[past.contacts.searchsorted(cutoff - 28 * DAY) :]
    back = np.unique(((cutoff - month) // DAY).astype(np.int64))
    yield float(np.count_nonzero(back < WINDOW_DAYS))
    yield float(len(back))
    yield (cutoff - float(month[-1])) / 3600 if len(month) else NAN
