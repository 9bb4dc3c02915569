"""Simulated lives as described instants with what followed: what training and evaluation see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lab.histories import history_of, instant
from monitoring.features import FEATURES, describe
from monitoring.training import Sample
from monitoring.windows import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.random import Generator
    from numpy.typing import NDArray

    from lab.simulator import Life

FIRST_DAY = 10  # a baseline needs a week before the week under test; earlier there is little
TREATED_DAYS = 14  # after a recorded event the same illness is not predicted again


def sample_of(
    lives: Iterable[Life],
    *,
    horizon_days: int,
    seed: int,
    progress: Callable[[], None] = lambda: None,
) -> Sample:
    """Describe each patient-day once, at a random waking hour, in the order of time."""
    random = np.random.default_rng(seed)
    each = []
    for life in lives:
        each.append(_rows(life, horizon_days, random))
        progress()
    described, worsened, usable, groups, days = (np.concatenate(c) for c in zip(*each, strict=True))
    return Sample(described, worsened, usable, groups, days)


def _rows(
    life: Life, horizon: int, random: Generator
) -> tuple[
    NDArray[np.float64],
    NDArray[np.bool_],
    NDArray[np.bool_],
    NDArray[np.int64],
    NDArray[np.float64],
]:
    days = np.arange(FIRST_DAY, life.days) + random.uniform(9 / 24, 22 / 24, life.days - FIRST_DAY)
    past = history_of(life)
    described = np.empty((len(days), len(FEATURES)))
    for row, day in enumerate(days.tolist()):
        now = instant(day)
        described[row] = describe(cut(past, now, arrived=now), now)
    recorded = np.array([event.day for event in life.events])[:, None]
    worsened = np.any((recorded > days) & (recorded <= days + horizon), axis=0)
    treated = np.any((recorded <= days) & (recorded > days - TREATED_DAYS), axis=0)
    return described, worsened, ~treated, np.full(len(days), life.number, dtype=np.int64), days
