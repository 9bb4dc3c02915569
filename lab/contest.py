"""The rules beside plain ways of alerting, at the rules' own number of alert episodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.scorecard import (
    YEAR,
    Course,
    LookBack,
    Scorecard,
    counted,
    interval,
    opened,
    resampled,
    scorecard,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lab.comparators import Strengths

    Floats = NDArray[np.float64]

WIDEST, NARROWEST, STEPS = 8.0, 0.15, 80
HALVINGS = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """One person over the days observed, and what each way of alerting said of them.

    Days count from `start`, seconds since the epoch; firings outside the observed days are
    left out.
    """

    events: Floats
    kinds: tuple[str, ...]
    first: float
    last: float
    start: float
    rules: Mapping[str, Floats]  # days on which the rules said AMBER or RED, by problem
    others: Mapping[str, Strengths]

    def course(self, by_problem: Sequence[Floats]) -> Course:
        """Return what a scorecard needs of one way of alerting."""
        each = [days[(days > self.first) & (days <= self.last)] for days in by_problem]
        return Course(opened(each), self.events, self.last - self.first, self.kinds)

    def ruled(self) -> Course:
        """Return the course under the rules."""
        return self.course(list(self.rules.values()))

    def compared(self, name: str, factor: float) -> Course:
        """Return the course under another way, its limits widened by a factor."""
        each = self.others.get(name, {}).values()
        return self.course([(s.fired(factor) - self.start) / 86_400.0 for s in each])


@dataclass(frozen=True, slots=True)
class Bout:
    """One way at the rules' burden: its card, the factor, and the rules' lead over it."""

    card: Scorecard
    factor: float
    ahead: float  # sensitivity of the rules minus its own
    interval: tuple[float, float]  # 95 %, bootstrap by patient


def burden(courses: Sequence[Course]) -> float:
    """Return alert episodes per patient-year."""
    observed = sum(course.observed for course in courses)
    return sum(len(course.opened) for course in courses) / (observed / YEAR)


def factor_at(seen: Sequence[Seen], name: str, target: float) -> float:
    """Return by how much a way's limits are widened to alert as often as `target` a year.

    The largest factor that reaches it: below it episodes run together and are fewer again.
    Where none does, the one that alerts most.
    """
    high, most = WIDEST, (0.0, WIDEST)
    for factor in np.geomspace(WIDEST, NARROWEST, STEPS).tolist():
        reached = _burden_at(seen, name, factor)
        if reached >= target:
            return _between(seen, name, target, factor, high)
        high, most = factor, max(most, (reached, factor))
    return most[1]


def _between(seen: Sequence[Seen], name: str, target: float, low: float, high: float) -> float:
    """Halve the step, then take the side that comes nearer: burdens jump where values repeat."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _burden_at(seen, name, middle) >= target:
            low = middle
        else:
            high = middle
    return min(low, high, key=lambda factor: abs(_burden_at(seen, name, factor) - target))


def _burden_at(seen: Sequence[Seen], name: str, factor: float) -> float:
    return burden([each.compared(name, factor) for each in seen])


def bout(seen: Sequence[Seen], name: str, *, look_back: LookBack, seed: int) -> Bout:
    """Compare one way with the rules at the rules' burden, on the same people."""
    own = [each.ruled() for each in seen]
    factor = factor_at(seen, name, burden(own))
    other = [each.compared(name, factor) for each in seen]
    difference = counted(own, look_back)[:, :1] - counted(other, look_back)[:, :1]
    every = counted(own, look_back)[:, 1:2]
    drawn = resampled(np.hstack([difference, every]), seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        ahead = drawn[:, 0] / drawn[:, 1]
    return Bout(
        card=scorecard(name, other, look_back=look_back, seed=seed),
        factor=factor,
        ahead=float(difference.sum() / max(every.sum(), 1)),
        interval=interval(ahead),
    )
