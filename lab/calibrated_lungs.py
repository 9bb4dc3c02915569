"""What was published of lungs, held against the simulated ones: oximetry, breathing, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from lab.scenarios import Episode
    from lab.simulator import Life

    Floats = NDArray[np.float64]

FIRST = 28.0  # as everywhere: a baseline stands from here on
STABLE = 21.0  # days from any illness for a day to count as well


def ill_of(life: Life, kinds: Sequence[str]) -> list[Episode]:
    """Return the episodes of some kinds whose worst day can be observed."""
    return [e for e in life.episodes if e.course.kind in kinds and FIRST < e.worst < life.days - 3]


def _well(life: Life, days: Floats) -> NDArray[np.bool_]:
    worst = np.array([e.worst for e in life.episodes if e.course.deterioration])
    far = np.all(np.abs(days[:, None] - worst) > STABLE, axis=1)
    return np.asarray(far & (days > FIRST), dtype=np.bool_)


def oximetry_auc(lungs: Sequence[Life]) -> float:
    """Return the AUC of Hurst's score for days around the worst of a COPD episode."""
    return auc(*_near_and_far(lungs, _oximetry_score, lambda _: True))


def fast_breathing(lungs: Sequence[Life]) -> tuple[float, float]:
    """Return sensitivity and specificity of Yanez' rise of breathing in severe episodes."""
    ill, well = _near_and_far(
        lungs,
        lambda life: _deviations(life, Vital.RESPIRATORY_RATE),
        lambda episode: episode.effects.get(Vital.RESPIRATORY_RATE, 0) >= SEVERE,
    )
    return above(ill, YANEZ), 1 - above(well, YANEZ)


def _near_and_far(
    lives: Iterable[Life],
    measure: Callable[[Life], dict[int, float]],
    counts: Callable[[Episode], bool],
) -> tuple[Floats, Floats]:
    """Return the highest value around each COPD episode, and the values of stable days."""
    ill: list[float] = []
    well: list[float] = []
    for life in lives:
        known = measure(life)
        days = np.array(sorted(known), dtype=np.float64)
        if not len(days):
            continue
        values = np.array([known[int(day)] for day in days])
        well.extend(values[_well(life, days)].tolist())
        for episode in ill_of(life, ("copd",)):
            near = np.abs(days - episode.worst) <= 1.5  # noqa: PLR2004 (the day, ± 1)
            if counts(episode) and near.any():
                ill.append(float(values[near].max()))
    return np.array(ill), np.array(well)


SEVERE = 3.9  # /min: 15.2 to 19.1 in those that Yanez 2012 saw
YANEZ = 4.4


def above(values: Floats, limit: float) -> float:
    """Return the share of values at the limit or above."""
    return float(np.mean(values >= limit)) if len(values) else float("nan")


def _deviations(life: Life, vital: Vital) -> dict[int, float]:
    """Return by day how far a vital lies from its own median."""
    stream = life.streams.get(vital)
    if stream is None or not len(stream.values):
        return {}
    middle = float(np.median(stream.values))
    days = np.floor(stream.taken).astype(int).tolist()
    return {day: float(v) - middle for day, v in zip(days, stream.values, strict=True)}


def _oximetry_score(life: Life) -> dict[int, float]:
    oxygen, pulse = (_deviations(life, v) for v in (Vital.SPO2, Vital.HEART_RATE))
    if not oxygen or not pulse:
        return {}
    scales = [max(robust(np.array(list(each.values()))), 0.5) for each in (oxygen, pulse)]
    both = oxygen.keys() & pulse.keys()
    return {day: (pulse[day] / scales[1] - oxygen[day] / scales[0]) / 2 for day in both}


def auc(ill: Floats, well: Floats) -> float:
    """Return how often a sick day scores above a well one, ties by half."""
    if not len(ill) or not len(well):
        return float("nan")
    ordered = np.sort(well)
    below = ordered.searchsorted(ill, side="left")
    same = ordered.searchsorted(ill, side="right") - below
    return float(np.mean(below + same / 2) / len(well))


def answers_auc(lungs: Sequence[Life]) -> float:
    """Return the AUROC of one day's answers for a COPD event within three days."""
    before: list[float] = []
    well: list[float] = []
    for life in lungs:
        level = _deviations(life, Vital.BREATHLESSNESS)
        told = {v: set((life.streams[v].taken // 1).astype(int)) for v in TOLD if v in life.streams}
        events = np.array([e.day for e in life.events if e.kind == "copd"])
        days = np.array(sorted(level), dtype=np.float64)
        ahead = events[None, :] - days[:, None]
        soon = np.any((ahead > 0) & (ahead <= 3), axis=1)  # noqa: PLR2004 (myCOPD: 3 days)
        for day, ill, calm in zip(days.astype(int).tolist(), soon, _well(life, days), strict=True):
            score = level[day] + 2.0 * sum(day in each for each in told.values())
            if ill:
                before.append(score)
            elif calm:
                well.append(score)
    return auc(np.array(before), np.array(well))


TOLD = (Vital.MORE_SPUTUM, Vital.FEELS_WORSE, Vital.BREATHLESS_AT_REST)


def robust(values: Floats) -> float:
    """Return a standard deviation that a few wrong readings do not move."""
    return float(np.subtract(*np.quantile(values, (0.84, 0.16))) / 2)
