"""Where each way of alerting stands: its whole curve, and its point at a given burden."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lab.contest import HALVINGS, factors
from lab.judging import LOOK_BACK
from lab.narrowing import of_several
from lab.reporting.tally import AT, COLUMNS, Figure, row, summary
from lab.reporting.ways import LIVE, RANDOM, RED_ALONE, RULES, SHARPER, as_live
from lab.scorecard import YEAR, Course, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lab.reporting.people import Watched
    from lab.reporting.tally import Figures

    Floats = NDArray[np.float64]

FIXED = (LIVE, RULES, SHARPER, RED_ALONE)  # ways without a knob
TIMES = 20  # how often random alerts are drawn, to be averaged
EPISODES, EXPLAINED, FOUND, EVENTS, OBSERVED = (
    AT[name] for name in ("episodes", "explained", "found", "events", "observed")
)


def courses_of(
    people: Sequence[Watched], name: str, factor: float, several: frozenset[str]
) -> list[Course]:
    """Return what everybody's clinicians would have been told under one way."""
    if name == RULES:
        return [person.seen.ruled() for person in people]
    if name == LIVE:
        return [as_live(person) for person in people]
    if name in FIXED:
        paging = several if name == SHARPER else frozenset[str]()
        return [of_several(person, paging).ruled() for person in people]
    return [person.seen.compared(name, factor) for person in people]


@dataclass(frozen=True, slots=True, eq=False)
class Swept:
    """One way at every factor: float64[factors, people, 5], the columns of `counted`."""

    name: str
    factors: Floats
    counts: Floats

    def of(self, which: NDArray[np.bool_]) -> Floats:
        """Return the sums over some of the people, float64[factors, 5]."""
        return np.asarray(self.counts[:, which].sum(axis=1), dtype=np.float64)


def swept(people: Sequence[Watched], name: str) -> Swept:
    """Run one way from its widest limits to its narrowest."""
    tried = factors()
    counts = [
        counted([person.seen.compared(name, factor) for person in people], LOOK_BACK)
        for factor in tried
    ]
    return Swept(name, np.array(tried), np.array(counts))


def curve(sums: Floats) -> list[tuple[float, float, float]]:
    """Return burden, unexplained and sensitivity of each row of sums, by rising burden.

    Where limits are so narrow that episodes run together, alerts become fewer again: what
    alerts no more often than wider limits did is left out.
    """
    years = sums[:, 4] / YEAR
    burden, unexplained = sums[:, 2] / years, (sums[:, 2] - sums[:, 3]) / years
    with np.errstate(invalid="ignore", divide="ignore"):
        found = sums[:, 0] / sums[:, 1]
    before = np.maximum.accumulate(np.r_[-1.0, burden[:-1]])
    kept = burden > before
    rows = zip(burden[kept], unexplained[kept], found[kept], strict=True)
    return [(float(b), float(u), float(f)) for b, u, f in rows]


def factor_within(
    swept_way: Swept, people: Sequence[Watched], which: NDArray[np.bool_], most: float
) -> float:
    """Return the narrowest factor at which unexplained alerts a patient-year stay within `most`."""
    sums = swept_way.of(which)
    unexplained = (sums[:, 2] - sums[:, 3]) / (sums[:, 4] / YEAR)
    over = np.flatnonzero(unexplained > most)
    if not len(over):
        return float(swept_way.factors[int(np.argmax(unexplained))])
    if not over[0]:
        return float(swept_way.factors[0])
    low, high = swept_way.factors[over[0]], swept_way.factors[over[0] - 1]
    chosen = [person for person, kept in zip(people, which.tolist(), strict=True) if kept]
    for _ in range(HALVINGS):
        middle = float(low + high) / 2
        if _unexplained(chosen, swept_way.name, middle) > most:
            low = middle
        else:
            high = middle
    return float(high)


def _unexplained(people: Sequence[Watched], name: str, factor: float) -> float:
    total = counted([p.seen.compared(name, factor) for p in people], LOOK_BACK).sum(axis=0)
    return float((total[2] - total[3]) / (total[4] / YEAR))


def at_random(people: Sequence[Watched], name: str, burden: float, seed: int) -> Figures:
    """Return the figures of alerts at random moments, drawn often and averaged.

    `burden` is alert episodes per patient-year over all; under HEARTS only people with heart
    failure get them.
    """
    random = np.random.default_rng(seed)
    chosen = [name == RANDOM or person.traits.heart_failure for person in people]
    observed = [person.seen.last - person.seen.first for person in people]
    alerted = sum(days for days, kept in zip(observed, chosen, strict=True) if kept)
    rate = burden / YEAR * sum(observed) / alerted if alerted else 0.0
    rows = [
        _drawn(person, rate if kept else 0.0, random)
        for person, kept in zip(people, chosen, strict=True)
    ]
    return summary(people, np.array(rows).reshape(-1, len(COLUMNS)), seed)


def _drawn(person: Watched, rate: float, random: np.random.Generator) -> Floats:
    silent = person.seen.course([])
    span = silent.observed
    each = []
    for _ in range(TIMES):
        moments = person.seen.first + span * random.random(random.poisson(rate * span))
        each.append(row(person, replace(silent, opened=np.sort(moments))))
    return np.asarray(np.mean(each, axis=0), dtype=np.float64)


def permuted(people: Sequence[Watched], courses: Sequence[Course], seed: int) -> Figure:
    """Return the lift when each person's events are moved, together, to another time.

    A negative control (8.6 item 6): alerts stay, events keep their spacing and turn round
    within the time observed. What is left of the lift comes from who alerts, not from when.
    """
    random = np.random.default_rng(seed)
    rows = []
    for person, course in zip(people, courses, strict=True):
        first, span = person.seen.first, course.observed
        each = []
        for shift in random.uniform(0.1, 0.9, size=TIMES).tolist():
            moved = first + (course.events - first + shift * span) % span
            each.append(row(person, replace(course, events=moved)))
        rows.append(np.mean(each, axis=0))
    return summary(people, np.array(rows).reshape(-1, len(COLUMNS)), seed)["lift"]
