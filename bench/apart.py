"""Whether two ways of asking take as long: how far apart they are, beside what the machine adds.

Tried in turn, so that what else the machine does falls upon all of them. One way is tried twice
in each turn: how far it lies from itself is the noise of this run, and what lies within it
nobody can measure from outside either.
"""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass, field
from itertools import cycle, permutations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DRAWS = 2_000
MEDIAN, LATE = 0.5, 0.95


@dataclass(frozen=True, slots=True)
class Apart:
    """How much longer the first takes than the second, in ms, and between what that lies (95 %)."""

    by: float
    low: float
    high: float

    @property
    def wide(self) -> float:
        """Return how much is left open."""
        return self.high - self.low

    def holds(self, difference: float) -> bool:
        """Return whether it may be this one."""
        return self.low <= difference <= self.high

    def within(self, allowed: float) -> bool:
        """Return whether less than so much lies between them, whatever is left open."""
        return -allowed < self.low and self.high < allowed

    def beyond(self, allowed: float) -> bool:
        """Return whether more than so much lies between them, whatever is left open."""
        return self.low > allowed or self.high < -allowed

    def __str__(self) -> str:
        """Return both as a bench prints them."""
        return f"{self.by:+.2f} ms ({self.low:+.2f} to {self.high:+.2f})"


@dataclass(slots=True)
class Tries:
    """Milliseconds of each try, by the clock and by the processor's time of this process."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Turns:
    """The first way, the other way, and the first once more, in each order as often."""

    one: Callable[[], object]
    other: Callable[[], object]
    between: Callable[[], object] = lambda: None
    tries: tuple[Tries, Tries, Tries] = field(default_factory=lambda: (Tries(), Tries(), Tries()))

    def take(self, turns: int) -> None:
        """Try each so many times more; `between` is done after each try, and not timed."""
        ways = (self.one, self.other, self.one)
        orders = cycle(permutations(range(3)))
        gc.collect()
        gc.disable()
        try:
            for _, order in zip(range(turns), orders, strict=False):
                for which in order:
                    self._try(ways[which], self.tries[which])
                    self.between()
        finally:
            gc.enable()

    @staticmethod
    def _try(ask: Callable[[], object], tries: Tries) -> None:
        began, busy = time.perf_counter(), time.process_time()
        ask()
        tries.clock.append((time.perf_counter() - began) * 1000)
        tries.processor.append((time.process_time() - busy) * 1000)

    def took(self, of: float, *, by: str = "clock") -> float:
        """Return how long the other way took at a quantile."""
        return float(np.quantile(getattr(self.tries[1], by), of))

    def apart(self, of: float, *, by: str = "clock") -> tuple[Apart, Apart]:
        """Return how far the two ways lie apart at a quantile, and the first from itself."""
        one, other, again = (getattr(each, by) for each in self.tries)
        return apart(one, other, of), apart(one, again, of)


def apart(ones: Sequence[float], others: Sequence[float], of: float) -> Apart:
    """Return the difference of a quantile of two sets of times that were taken in turn.

    The interval is the percentile bootstrap's; turns are drawn whole, since what the machine does
    meanwhile falls upon both.
    """
    pairs = np.array([ones, others], dtype=float)
    drawn = np.random.default_rng(0).integers(pairs.shape[1], size=(DRAWS, pairs.shape[1]))
    one, other = (np.quantile(each[drawn], of, axis=1) for each in pairs)
    low, high = np.quantile(one - other, (0.025, 0.975))
    by = np.quantile(pairs[0], of) - np.quantile(pairs[1], of)
    return Apart(float(by), float(low), float(high))
