"""Holds the simulator against what was published of published rules (`evidence.md` 8.5).

Nothing here looks at the rulebook: the limits are those of the publications named.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.calibrated_lungs import (
    FIRST,
    above,
    answers_auc,
    fast_breathing,
    ill_of,
    oximetry_auc,
    robust,
)
from lab.chart import FULL_SET, banded
from lab.comparators import fixed_limits, weight_rule
from lab.histories import history_of, instant
from lab.scenarios import WORLDS
from lab.scorecard import YEAR, Course, LookBack, openings, scorecard
from lab.simulator import simulate
from monitoring.windows import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from lab.simulator import Life

    Floats = NDArray[np.float64]

DAYS = 365


@dataclass(frozen=True, slots=True)
class Target:
    """What was published, what is accepted, and what the simulated people give."""

    what: str
    low: float
    high: float
    value: float

    @property
    def met(self) -> bool:
        """Return whether the value lies where it must."""
        return self.low <= self.value <= self.high


def calibrated(patients: int, seed: int) -> list[Target]:
    """Return every target that what is modelled can be held against."""
    everybody = list(simulate(patients, DAYS, world=WORLDS["base"], seed=seed))
    hearts = list(_with("heart_failure", patients, seed))
    lungs = list(_with("copd", patients, seed))
    return [
        *_weight(hearts),
        *_spreads(everybody),
        Target("Hurst's oximetry score: AUC", 0.75, 0.88, oximetry_auc(lungs)),
        Target("RR + 4.4 in severe COPD: sensitivity", 0.55, 0.75, fast_breathing(lungs)[0]),
        Target("RR + 4.4: specificity", 0.88, 0.96, fast_breathing(lungs)[1]),
        *_fever(everybody),
        *_everybody(everybody),
        Target("daily answers before a COPD event, 3 days: AUROC", 0.65, 0.80, answers_auc(lungs)),
        Target("oracle of the latent state today: sensitivity", 0.0, 0.85, _oracle(everybody)),
    ]


def _with(condition: str, patients: int, seed: int) -> Iterator[Life]:
    drawn = simulate(20 * patients, DAYS, world=WORLDS["base"], seed=seed + 1)
    return islice((life for life in drawn if life.person.has(condition)), patients)


def _course(life: Life, fired: Floats, kind: str) -> Course:
    found = [e.day for e in life.events if e.kind == kind and e.day > FIRST]
    later = np.sort(fired[fired > FIRST])
    return Course(openings(later), np.array(found), life.days - FIRST)


def _weight(hearts: Sequence[Life]) -> Iterator[Target]:
    rule = [weight_rule(history_of(life)).get("fluid") for life in hearts]
    courses = [
        _course(life, (each.fired(1.0) - instant(0)) / DAY, "heart_failure")
        for life, each in zip(hearts, rule, strict=True)
        if each is not None
    ]
    card = scorecard("weight", courses, look_back=LookBack(14), seed=1)
    yield Target("weight rule > 3 lb/1 d or > 5 lb/7 d: episodes a year", 3.5, 5.0, card.burden)
    yield Target("weight rule: sensitivity, 14 d", 0.25, 0.45, card.sensitivity)
    esc = [_course(life, _gain(life, 3, 2.0), "heart_failure") for life in hearts]
    card = scorecard("esc", esc, look_back=LookBack(14), seed=1)
    yield Target("ESC 2 kg/3 d: sensitivity, 14 d", 0.15, 0.30, card.sensitivity)
    changes = np.concatenate([_apart(life, 14) for life in hearts])
    yield Target("weight, change over 14 d: SD, kg", 1.08, 1.16, robust(changes))


def _gain(life: Life, span: int, limit: float) -> Floats:
    """Return the days on which weight is more than `limit` kg above that `span` days before."""
    stream = life.streams[Vital.BODY_WEIGHT]
    known = dict(zip(np.floor(stream.taken).astype(int).tolist(), stream.values, strict=True))
    days = [
        day + 0.4
        for day, value in known.items()
        if any(value - known.get(day - back, np.inf) > limit for back in range(1, span + 1))
    ]
    return np.array(days, dtype=np.float64)


def _apart(life: Life, days: int) -> Floats:
    stream = life.streams[Vital.BODY_WEIGHT]
    known = dict(zip(np.floor(stream.taken).astype(int).tolist(), stream.values, strict=True))
    return np.array([v - known[d - days] for d, v in known.items() if d - days in known])


def _spreads(everybody: Sequence[Life]) -> Iterator[Target]:
    yield Target("heart rate within a person: SD, /min", 4, 6, _within(everybody, "heart_rate"))
    yield Target("SpO2 within a person: SD, points", 0.8, 1.3, _within(everybody, "spo2"))
    yield Target("systolic within a person: SD, mmHg", 7, 11, _within(everybody, "systolic_bp"))
    beds = [life for life in everybody if life.person.bed_sensor]
    yield Target(
        "nightly RR within a person: SD, /min", 0.5, 1.0, _within(beds, "respiratory_rate")
    )
    swings = [np.any(_weekly_range(life) >= 10) for life in beds]  # noqa: PLR2004 (Quer 2020)
    yield Target(
        "people with a weekly resting pulse swing of 10", 0.15, 0.25, float(np.mean(swings))
    )


def _within(lives: Iterable[Life], vital: str) -> float:
    spreads = [
        robust(life.streams[Vital(vital)].values)
        for life in lives
        if Vital(vital) in life.streams and len(life.streams[Vital(vital)].values) > FIRST
    ]
    return float(np.median(spreads))


def _weekly_range(life: Life) -> Floats:
    """Return by how much the weekly median of the resting pulse differs from the week before."""
    stream = life.streams[Vital.RESTING_HEART_RATE]
    weeks = np.floor(stream.taken / 7).astype(int)
    each = [np.median(stream.values[weeks == week]) for week in np.unique(weeks)]
    return np.abs(np.diff(np.array(each)))


def _fever(everybody: Sequence[Life]) -> Iterator[Target]:
    peaks = []
    for life in everybody:
        stream = life.streams.get(Vital.BODY_TEMPERATURE)
        if stream is None:
            continue
        for episode in ill_of(life, ("pneumonia",)):
            near = np.abs(stream.taken - episode.worst) <= 2  # noqa: PLR2004 (days)
            if near.any():
                peaks.append(float(stream.values[near].max()))
    yield Target("> 37.8 °C in pneumonia", 0.60, 0.80, above(np.array(peaks), 37.9))
    yield Target("> 38.3 °C in pneumonia", 0.30, 0.50, above(np.array(peaks), 38.4))


def _everybody(everybody: Sequence[Life]) -> Iterator[Target]:
    totals = np.concatenate([_news2(life) for life in everybody])
    yield Target("complete NEWS2 sets of 5 or more", 0.03, 0.07, float(np.mean(totals >= 5)))  # noqa: PLR2004 (RCP 2017)
    yield Target("NEWS2, median", 0, 1, float(np.median(totals)))
    days = sum(_fired_days(life) for life in everybody)
    years = sum(life.days for life in everybody) / YEAR
    yield Target("fixed limits: alert days a year, unmerged", 25, 90, days / years)
    shares = [
        len(np.unique(life.streams[Vital.BODY_WEIGHT].taken // 1)) / DAYS for life in everybody
    ]
    yield Target("days measured, median of people", 0.55, 0.80, float(np.median(shares)))


def _fired_days(life: Life) -> int:
    fired = [each.fired(1.0) for each in fixed_limits(history_of(life)).values()]
    return len(np.unique(np.concatenate([*fired, np.empty(0)]) // DAY))


def _news2(life: Life) -> Floats:
    """Return the total of each day on which all five vitals of the chart were taken."""
    if any(vital not in life.streams for vital in FULL_SET) or life.person.scale_two:
        return np.empty(0)
    total: dict[int, list[int]] = {}
    for vital in FULL_SET:
        stream = life.streams[vital]
        points = banded(vital, stream.values)
        for day, score in dict(zip((stream.taken // 1).tolist(), points, strict=True)).items():
            total.setdefault(int(day), []).append(int(score))
    oxygen = 2 if life.person.on_oxygen else 0
    complete = [sum(each) + oxygen for each in total.values() if len(each) == len(FULL_SET)]
    return np.array(complete, dtype=np.float64)


def _oracle(everybody: Sequence[Life]) -> float:
    """Return the share of recorded events with a true signal of one spread on some day before."""
    seen = [
        not event.silent and event.kind != "mistaken" for life in everybody for event in life.events
    ]
    return float(np.mean(seen))


def rows(targets: Iterable[Target]) -> list[tuple[str, ...]]:
    """Return the targets as text, under HEADINGS."""
    return [
        (t.what, f"{t.low:g} to {t.high:g}", f"{t.value:.2f}", "yes" if t.met else "no")
        for t in targets
    ]


HEADINGS = ("target (evidence.md 8.5)", "accepted", "simulated", "met")
