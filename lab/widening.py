"""Makes the table of `monitoring/widened.py`: stable signals whose usual is learnt from few days.

Each day is charted against the days before it as the rules do it, and the spread is widened until
signals come as seldom as published for a known centre and spread.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from monitoring.baseline import MAD_TO_SD
from monitoring.control_charts import Chart
from monitoring.widened import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

STEPS = 16  # halvings of the span in which a factor is sought
WIDEST = 12.0
SHIFT = 2.0  # spreads: the lasting change whose discovery is told
WEEK = 7
HEADINGS = (
    "chart",
    "valid days",
    "days between, as learnt",
    "factor",
    "days between, widened",
    "shift found in a week, as learnt",
    "widened",
)


class Known(NamedTuple):
    """A chart as published: its limit, days between false signals, and how it is charted here."""

    chart: Chart
    limit: float
    between: float
    window: int
    weight: float = 0.2
    allowance: float = 0.5


# Montgomery, Statistical Quality Control (evidence.md 1.8).
PUBLISHED = (
    Known(Chart.Z, 3.0, 370, 7),
    Known(Chart.EWMA, 2.96, 500, 14),
    Known(Chart.CUSUM, 5.0, 465, 14),
)


@dataclass(frozen=True, slots=True)
class Widening:
    """What one chart does where its usual is learnt from so many days."""

    known: Known
    days: int
    factor: float
    between: tuple[float, float]  # days between false signals, with factor 1 and this factor
    found: tuple[float, float]  # part of lasting shifts that signal within a week

    def row(self) -> tuple[str, ...]:
        """Return the line of the table."""
        return (
            str(self.known.chart),
            str(self.days),
            f"{self.between[0]:.0f}",
            f"{self.factor:.2f}",
            f"{self.between[1]:.0f}",
            *(f"{part:.0%}" for part in self.found),
        )


def widenings(*, lives: int, days: int, seed: int) -> Iterator[Widening]:
    """Yield what each chart needs at each number of valid days, from `lives` of `days` days."""
    for known in PUBLISHED:
        for valid in DAYS:
            yield _widening(known, valid, (lives, days, seed))


def _widening(known: Known, valid: int, size: tuple[int, int, int]) -> Widening:
    lives, days, seed = size
    random = np.random.default_rng(seed)
    signs = [_signs(random, known.window, valid, days) for _ in range(lives)]
    narrow, wide = 1.0, WIDEST
    for _ in range(STEPS):
        factor = (narrow + wide) / 2
        if _between(known, signs, factor) < known.between:
            narrow = factor
        else:
            wide = factor
    factor = round(wide, 2)
    learnt = _shifted(np.random.default_rng(seed), known.window, valid, days)
    return Widening(
        known,
        valid,
        factor,
        (_between(known, signs, 1.0), _between(known, signs, factor)),
        (_found(known, learnt, 1.0), _found(known, learnt, factor)),
    )


def _signs(random: Generator, window: int, valid: int, days: int) -> Floats:
    """Return float64[days, window] in robust spreads of the `valid` days before each window."""
    values = random.normal(size=days + valid + window - 1)
    recent = sliding_window_view(values[valid:], window)
    return _standard(recent, sliding_window_view(values, valid)[: len(recent)])


def _shifted(random: Generator, window: int, valid: int, lives: int) -> Floats:
    """Return float64[lives, window + 6]: a window of stable days, the last of them the first off.

    Each row is a life of its own; the usual stays that of the day on which the shift began.
    """
    values = random.normal(size=(lives, valid + window - 1 + WEEK))
    values[:, valid + window - 1 :] += SHIFT
    return _standard(values[:, valid:], values[:, :valid])


def _standard(recent: Floats, usual: Floats) -> Floats:
    centre = np.median(usual, axis=1, keepdims=True)
    spread = MAD_TO_SD * np.median(np.abs(usual - centre), axis=1, keepdims=True)
    return (recent - centre) / spread


def charted(known: Known, signs: Floats) -> Floats:
    """Return float64[n], the statistic of the last of float64[n, window] days, unsigned."""
    if known.chart is Chart.Z:
        return np.abs(signs[:, -1])
    if known.chart is Chart.EWMA:
        weights = known.weight * (1 - known.weight) ** np.arange(signs.shape[1])[::-1]
        mean: Floats = np.abs(signs @ weights)
        return mean / math.sqrt(known.weight / (2 - known.weight))
    up = down = np.zeros(len(signs))
    for day in signs.T:
        up = np.maximum(0.0, up + day - known.allowance)
        down = np.maximum(0.0, down - day - known.allowance)
    return np.maximum(up, down)


def _between(known: Known, lives: Iterable[Floats], factor: float) -> float:
    """Return days between signals: days past the limit after one that was not."""
    days = told = 0
    for signs in lives:
        past = charted(known, signs / factor) >= known.limit
        days += len(past) - 1
        told += int((past[1:] & ~past[:-1]).sum())
    return days / told if told else float("inf")


def _found(known: Known, learnt: Floats, factor: float) -> float:
    past = np.zeros(len(learnt), dtype=np.bool_)
    for day in range(WEEK):
        window = learnt[:, day : day + known.window] / factor
        past |= charted(known, window) >= known.limit
    return float(past.mean())


def rows(found: Iterable[Widening]) -> list[tuple[str, ...]]:
    """Return the lines of the table."""
    return [each.row() for each in found]
