"""Every number of the report, from a study and a seed alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.comparators import COMPARATORS
from lab.judging import LOOK_BACK
from lab.reds import reds
from lab.reporting import subgroups
from lab.reporting.daily import HORIZON, Days, Forecast, alerted_days, decision_curve, forecast
from lab.reporting.foreseen import foreseen
from lab.reporting.operating import (
    FIXED,
    at_random,
    courses_of,
    curve,
    factor_within,
    permuted,
    swept,
)
from lab.reporting.study import LOOK_ALIKES, NULL, TRAINED_ON, Study
from lab.reporting.tally import AT, Figure, ahead, figures, readable, share, tallied
from lab.reporting.ways import COMBINED, HEARTS, LIVE, PERSISTENCE, RANDOM, RULES, SCORE
from lab.scorecard import by_kind, interval, resampled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from lab.reds import Red
    from lab.reporting.operating import Swept
    from lab.reporting.oximeters import Missed
    from lab.reporting.people import Watched
    from lab.reporting.tally import Figures
    from lab.scorecard import Course

    Bools = NDArray[np.bool_]

AS_IT_IS = "as it runs"
POINTS = {"at 3 unexplained": 3.0, "at 1.5 unexplained": 1.5}
THREE, HALF = POINTS
BURDEN = [AT["episodes"], AT["observed"]]
POOLED = "held-out worlds together"
ALL = "all worlds judged"  # where none was held out
TRACES = (
    "a device reading moved by 1 SD",
    "device readings together at a signal-to-noise of 3",
    "a reading or an answer moved by 1 SD",
    "readings and answers together at a signal-to-noise of 3",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """Some people under every way: one world, or the held-out worlds together."""

    name: str
    patients: int
    days: int
    ceiling: Mapping[str, Figure]
    kinds: Sequence[tuple[str, int, int, Mapping[str, int]]]  # kind, events, readable, found by way
    cards: Mapping[str, Mapping[str, Figures]]  # point → way → figures
    curves: Mapping[str, Sequence[tuple[float, float, float]]]
    foreseen: Mapping[str, Figures]  # of the main ways, without falls and their detector
    permuted: Figure  # lift of the main way when events are moved
    forecasts: Mapping[str, Forecast]
    decisions: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Results:
    """All settings, the main way, and what is shown of the held-out worlds together only."""

    main: str
    settings: Mapping[str, Setting]
    pooled: str  # the name of the setting that is told second
    worst: str  # the name of the setting that is told first
    factors: Mapping[str, Mapping[str, float]]  # point → way → factor
    look_alikes: Figure  # burden of the main way in the look-alike world, in null worlds
    heads: Mapping[str, Forecast]  # every prediction of the model, over the held-out worlds
    axes: Sequence[subgroups.Axis] = ()
    occult: Sequence[Missed] = ()
    reds: Sequence[Red] = ()


def ways_of(study: Study) -> tuple[str, ...]:
    """Return the ways with a knob, the main one first."""
    scored = (SCORE,) if SCORE in study.columns else ()
    score = (COMBINED, *scored) if scored and study.ruled else scored
    models = tuple(n for n in study.columns if n not in (SCORE, PERSISTENCE))
    return (*score, *COMPARATORS, *models, PERSISTENCE)


def results(study: Study, seed: int, progress: Callable[[], None] = lambda: None) -> Results:
    """Count everything; the same study and seed give the same numbers."""
    ways = ways_of(study)
    main = RULES if study.ruled and SCORE not in study.columns else ways[0]
    pool = study.which(study.held_out() or study.worlds)
    every = {}
    for name in ways:
        every[name] = swept(study.people, name)
        progress()
    factors = {
        point: {name: factor_within(each, study.people, pool, most) for name, each in every.items()}
        for point, most in POINTS.items()
    }
    counter = _Counter(study, main, every, {AS_IT_IS: dict.fromkeys(ways, 1.0), **factors}, seed)
    settings = {}
    for name in study.worlds:
        settings[name] = counter.setting(name, study.which([name]))
        progress()
    pooled = POOLED if study.held_out() else ALL
    settings[pooled] = counter.setting(pooled, pool)
    progress()
    people = study.chosen(pool)
    point = AS_IT_IS if main == RULES else THREE
    courses = counter.courses(people, main, point)
    foretold = study.foretold(pool).get(SCORE)
    return Results(
        main=main,
        settings=settings,
        pooled=pooled,
        worst=_worst(settings, study, main, point),
        factors=factors,
        look_alikes=_look_alikes(study, counter, point, seed),
        heads=_heads(study, pool, seed),
        axes=subgroups.axes(people, tallied(people, courses), seed, foretold),
        reds=reds(people) if study.ruled else (),
    )


def _worst(settings: Mapping[str, Setting], study: Study, main: str, point: str) -> str:
    """Return the held-out world with the least sensitivity beyond chance."""
    names = study.held_out() or tuple(n for n in study.worlds if n == TRAINED_ON) or study.worlds
    lifts = {name: settings[name].cards[point][main]["lift"].value for name in names}
    return min(lifts, key=lambda name: (np.nan_to_num(lifts[name], nan=9.0), name))


def _heads(study: Study, which: Bools, seed: int) -> dict[str, Forecast]:
    people, rows = study.chosen(which), study.rows(which)
    return {
        head.name: forecast(
            Days.of(people, head.horizon, head.kinds), head.foretold[rows], seed, probability=True
        )
        for head in study.heads
    }


def _look_alikes(study: Study, counter: _Counter, point: str, seed: int) -> Figure:
    """Return how often the main way alerts where look-alikes abound, over where nothing shows."""
    rows = []
    for name in (LOOK_ALIKES, NULL):
        people = study.chosen(study.which([name]))
        counts = tallied(people, counter.courses(people, counter.main, point))
        rows.append(dict(zip([p.name for p in people], counts[:, BURDEN], strict=True)))
    both = sorted(rows[0].keys() & rows[1].keys())
    if not both:
        return Figure(math.nan)
    wide = np.array([np.concatenate([each[name] for each in rows]) for name in both])
    drawn, total = resampled(wide, seed), wide.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = (drawn[:, 0] / drawn[:, 1]) / (drawn[:, 2] / drawn[:, 3])
        exact = (total[0] / total[1]) / (total[2] / total[3])
    return Figure(float(exact), *interval(ratios))


@dataclass(frozen=True, slots=True)
class _Counter:
    study: Study
    main: str
    every: Mapping[str, Swept]
    factors: Mapping[str, Mapping[str, float]]
    seed: int

    def setting(self, name: str, which: Bools) -> Setting:
        """Count one set of people under every way."""
        people = self.study.chosen(which)
        point = AS_IT_IS if self.main == RULES else THREE
        main = self.courses(people, self.main, point)
        cards = {point: self._cards(people, point) for point in self.factors}
        columns = self.study.foretold(which)
        past = self.study.columns[PERSISTENCE].values[self.study.rows(which)]
        days = Days.of(people, HORIZON)
        return Setting(
            name=name,
            patients=len({person.name for person in people}),
            days=round(sum(person.seen.last - person.seen.first for person in people)),
            ceiling=_ceiling(people, self.seed),
            kinds=self._kinds(people, point),
            cards=cards,
            curves={way: curve(each.of(which)) for way, each in self.every.items()},
            foreseen=self._foreseen(people, point),
            permuted=permuted(people, main, self.seed),
            forecasts={
                n: forecast(days, values, self.seed, probability=n != PERSISTENCE)
                for n, values in (columns | {PERSISTENCE: past}).items()
            },
            decisions=self._decisions(people, days, columns),
        )

    def courses(self, people: Sequence[Watched], way: str, point: str) -> list[Course]:
        """Return what everybody's clinicians are told under one way at one point."""
        factor = self.factors[point].get(way, 1.0)
        return list(courses_of(people, way, factor, self.study.several))

    def _cards(self, people: Sequence[Watched], point: str) -> dict[str, Figures]:
        fixed = self._fixed() if point == AS_IT_IS else ()
        found, ours = {}, tallied(people, self.courses(people, self.main, point))
        for way in (*self.factors[point], *fixed):
            courses = self.courses(people, way, point)
            found[way] = figures(people, courses, self.seed)
            if way != self.main:
                theirs = tallied(people, courses)
                found[way] |= {"behind": ahead(people, ours, theirs, self.seed)}
        burden = found[self.main]["burden"].value if self.main in found else 0.0
        for way in (RANDOM, HEARTS):
            found[way] = at_random(people, way, burden, self.seed)
        return found

    def _fixed(self) -> tuple[str, ...]:
        if not self.study.ruled:
            return ()
        return tuple(way for way in FIXED if way != LIVE or SCORE in self.study.columns)

    def _foreseen(self, people: Sequence[Watched], point: str) -> dict[str, Figures]:
        without = [foreseen(person) for person in people]
        found = {
            way: figures(without, self.courses(without, way, point), self.seed)
            for way in dict.fromkeys((self.main, COMBINED, SCORE))
            if way in self.every
        }
        if self.study.ruled:
            ruled = self.courses(without, RULES, AS_IT_IS)
            found[RULES] = figures(without, ruled, self.seed)
        return found

    def _kinds(
        self, people: Sequence[Watched], point: str
    ) -> list[tuple[str, int, int, Mapping[str, int]]]:
        shown = [way for way in (COMBINED, SCORE) if way in self.every]
        found = {way: by_kind(self.courses(people, way, point), LOOK_BACK) for way in shown}
        if self.study.ruled:
            found[RULES] = by_kind(self.courses(people, RULES, AS_IT_IS), LOOK_BACK)
        kinds = np.array([kind for person in people for kind in person.seen.kinds], dtype=np.str_)
        could = np.concatenate([*(readable(person) for person in people), np.empty(0, np.bool_)])
        return [
            (
                kind,
                int(np.sum(kinds == kind)),
                int(np.sum(could[kinds == kind])),
                {way: {k: n for k, n, _ in each}[kind] for way, each in found.items()},
            )
            for kind in sorted(set(kinds.tolist()))
        ]

    def _decisions(
        self, people: Sequence[Watched], days: Days, columns: Mapping[str, NDArray[np.float64]]
    ) -> dict[str, list[float]]:
        spoken = (
            {RULES: np.concatenate([alerted_days(person) for person in people])}
            if self.study.ruled
            else {}
        )
        return decision_curve(days, columns, spoken)


def _ceiling(people: Sequence[Watched], seed: int) -> dict[str, Figure]:
    names = [person.name for person in people]
    found = {}
    for number, name in enumerate(TRACES):
        least = (1.0, 3.0)[number % 2]
        counts = np.array(
            [(np.sum(p.traces[:, number] >= least), len(p.traces)) for p in people],
            dtype=np.float64,
        )
        found[name] = share(names, counts, seed)
    return found
