"""The rules beside plain ways of alerting, at the rules' own number of alert episodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lab.scorecard import (
    EPISODES,
    EVENTS,
    FOUND,
    YEAR,
    Course,
    LookBack,
    Scorecard,
    by_subject,
    cases,
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
    subject: str = ""
    as_cases: bool = False  # count a person's cases (AL-02), not the episodes of each problem

    def course(self, by_problem: Sequence[Floats]) -> Course:
        """Return what a scorecard needs of one way of alerting."""
        each = [days[(days > self.first) & (days <= self.last)] for days in by_problem]
        found = cases(opened(each)) if self.as_cases else opened(each)
        return Course(found, self.events, self.last - self.first, self.kinds, self.subject)

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
    target: float  # the rules' burden
    factor: float
    ahead: float  # sensitivity of the rules minus its own
    interval: tuple[float, float]  # 95 %, bootstrap by subject, as often as the rules in each draw


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
    for factor in factors():
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
    target = burden(own)
    factor = factor_at(seen, name, target)
    other = [each.compared(name, factor) for each in seen]
    ours, theirs = (counted(each, look_back).sum(axis=0) for each in (own, other))
    return Bout(
        card=scorecard(name, other, look_back=look_back, seed=seed),
        target=target,
        factor=factor,
        ahead=float((ours[FOUND] - theirs[FOUND]) / max(ours[EVENTS], 1)),
        interval=interval(_ahead_by_draw(seen, name, look_back, seed)),
    )


def _ahead_by_draw(seen: Sequence[Seen], name: str, look_back: LookBack, seed: int) -> Floats:
    """Return the rules' lead in each bootstrap sample of subjects, float64[draws].

    The other way is widened anew in each sample: a factor that fits the burden of all people
    does not fit that of some of them.
    """
    own = [each.ruled() for each in seen]
    columns = [counted(own, look_back)[:, [FOUND, EVENTS, EPISODES]]]
    for factor in factors():
        other = [each.compared(name, factor) for each in seen]
        columns.append(counted(other, look_back)[:, [FOUND, EPISODES]])
    drawn = resampled(by_subject(np.hstack(columns), own), seed)
    found, every, episodes = drawn[:, :3].T
    others = [
        _at_burden(row[1::2], row[0::2], target)
        for row, target in zip(drawn[:, 3:], episodes.tolist(), strict=True)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((found - np.array(others)) / every, dtype=np.float64)


def _at_burden(episodes: Floats, found: Floats, target: float) -> float:
    """Return how many events are found at so many episodes, between the factors tried."""
    reached = episodes >= target
    if not reached.any():
        return float(found[episodes.argmax()])
    first = int(reached.argmax())
    if first == 0:
        return float(found[0])
    ends = slice(first - 1, first + 1)
    return float(np.interp(target, episodes[ends], found[ends]))


def factors() -> list[float]:
    """Return the factors tried, from the widest limits to the narrowest."""
    return [float(factor) for factor in np.geomspace(WIDEST, NARROWEST, STEPS)]
