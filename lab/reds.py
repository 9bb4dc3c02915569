"""What carries the burden of RED, rule by rule: told, lowered by a normal repeat, and stood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Severity
from lab.judging import LOOK_BACK
from lab.scorecard import YEAR, counted, openings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lab.narrowing import Spoken
    from lab.replayed import Said

EVERY = "all RED"
HEADINGS = (
    *("rule", "told / p-y", "stepped down / p-y", "stood / p-y"),
    *("told, unexplained / p-y", "stood, unexplained / p-y", "PPV-event of what stood"),
)


@dataclass(frozen=True, slots=True)
class Red:
    """The RED episodes of one rule as if nothing else had spoken, per patient-year."""

    rule: str
    told: float
    stood: float
    told_unexplained: float
    stood_unexplained: float
    ppv_event: float  # of what stood

    @property
    def stepped_down(self) -> float:
        """Return how many a normal repeat lowered within the time for it."""
        return self.told - self.stood


def reds(every: Sequence[Spoken]) -> list[Red]:
    """Return one row for all RED together and one for each rule, the heaviest first."""
    rules = sorted({s.rule for each in every for s in each.findings if _red(s)})
    rows = [_row(rule, every, frozenset({rule})) for rule in rules]
    whole = [_row(EVERY, every, frozenset(rules))] if rules else []
    heard = [row for row in rows if row.told]
    return [*whole, *sorted(heard, key=lambda row: (-row.told, row.rule))]


def _red(said: Said) -> bool:
    return said.severity is Severity.RED


def _row(name: str, every: Sequence[Spoken], which: frozenset[str]) -> Red:
    told, stood = [], []
    for each in every:
        own = [s for s in each.findings if _red(s) and s.rule in which]
        problems = sorted({s.problem for s in own})
        by_problem = [[s for s in own if s.problem == problem] for problem in problems]
        told.append(each.seen.course([_days(some) for some in by_problem]))
        stood.append(each.seen.course([_standing(some) for some in by_problem]))
    both = [counted(courses, LOOK_BACK).sum(axis=0) for courses in (told, stood)]
    (_, _, all_told, of_told, days), (_, _, all_stood, of_stood, _) = both
    years = float(days) / YEAR
    return Red(
        rule=name,
        told=float(all_told) / years,
        stood=float(all_stood) / years,
        told_unexplained=float(all_told - of_told) / years,
        stood_unexplained=float(all_stood - of_stood) / years,
        ppv_event=float(of_stood / all_stood) if all_stood else float("nan"),
    )


def _days(said: Iterable[Said]) -> np.typing.NDArray[np.float64]:
    return np.sort(np.array([s.day for s in said], dtype=np.float64))


def _standing(said: Sequence[Said]) -> np.typing.NDArray[np.float64]:
    """Return the openings of episodes of which any RED stood; firings merge as everywhere."""
    known = sorted(said, key=lambda s: s.day)
    starts = openings(_days(known))
    which = np.searchsorted(starts, [s.day for s in known], side="right") - 1
    stood = sorted({int(n) for n, s in zip(which, known, strict=True) if s.stood})
    return np.asarray(starts[stood], dtype=np.float64)


def rows(each: Iterable[Red]) -> list[tuple[str, ...]]:
    """Return the rules as text, under HEADINGS."""
    return [
        (
            red.rule,
            f"{red.told:.2f}",
            f"{red.stepped_down:.2f}",
            f"{red.stood:.2f}",
            f"{red.told_unexplained:.2f}",
            f"{red.stood_unexplained:.2f}",
            f"{red.ppv_event:.2f}" if red.stood else "-",
        )
        for red in each
    ]
