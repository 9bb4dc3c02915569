"""A learned model in shadow beside the one that judges: how often, how alike, how right; pure.

What is counted is what would have been told: firings of one person that are at most 14 days apart
are one episode, as in the evaluation (`evidence.md` 3.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MERGED = timedelta(days=14)
BEFORE = timedelta(days=7)  # how long before an alert a score that spoke is counted for it
YEAR = 365.25
LEAST_DAYS = 100  # patient-days; of fewer nobody can tell (E)


@dataclass(frozen=True, slots=True)
class Side:
    """What one of two models said: episodes, those of AMBER or worse, labelled alerts foreseen."""

    episodes: int = 0
    grave: int = 0
    true: int = 0
    false: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models over the same judgements.

    `apart` is the mean distance of their probabilities; `true` and `false` count the labelled
    alerts that opened meanwhile of people who were scored in the week before.
    """

    judging: str
    since: datetime | None = None
    scored: int = 0
    patients: int = 0
    days: int = 0
    agreeing: int = 0
    apart: float | None = None
    own: Side = Side()
    others: Side = Side()
    true: int = 0
    false: int = 0

    @property
    def few(self) -> bool:
        """Return whether too little was scored to tell the two apart."""
        return self.days < LEAST_DAYS

    def per_year(self, side: Side) -> float | None:
        """Return the episodes of a side per patient-year; None of nothing."""
        return side.episodes / self.days * YEAR if self.days else None
