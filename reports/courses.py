"""Who got worse and who got better: each person's gravest tier in the week beside the one before.

Data quality says nothing of health and counts in neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from alerts.inbox import GRAVE
from core.vitals import Severity
from monitoring.findings import Problem
from reports.episodes import Episode


@dataclass(frozen=True, slots=True)
class Change:
    """How grave somebody's week was beside the week before; None: no alert.

    `alert_id` is of the alert that says so: the gravest of this week for who got worse, of the
    week before for who got better.
    """

    patient_id: UUID
    now: Severity | None
    before: Severity | None
    alert_id: UUID | None = field(default=None, compare=False)
    problem: Problem | None = field(default=None, compare=False)


def gravest(episodes: Iterable[Episode]) -> dict[UUID, Episode]:
    """Return each patient's gravest alert of health, of equals the first."""
    found: dict[UUID, Episode] = {}
    for each in sorted(episodes, key=lambda e: (-e.severity.rank, e.opened_at, e.id.int)):
        if each.severity is not Severity.DQ:
            found.setdefault(each.patient_id, each)
    return found


def courses(
    patients: Iterable[UUID], now: Iterable[Episode], before: Iterable[Episode]
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """Return who got worse and who got better, the gravest first.

    `now` and `before` are the alerts that were open in either week, as they stood at its end.
    """
    this, last = gravest(now), gravest(before)
    worse: list[Change] = []
    better: list[Change] = []
    for who in patients:
        here, there = this.get(who), last.get(who)
        risen = rank(here) - rank(there)
        told = here if risen > 0 else there
        if risen and told is not None and told.severity in GRAVE:
            found = Change(
                who,
                here.severity if here else None,
                there.severity if there else None,
                told.id,
                told.problem,
            )
            (worse if risen > 0 else better).append(found)
    return tuple(sorted(worse, key=_gravest_first)), tuple(sorted(better, key=_gravest_first))


def rank(episode: Episode | None) -> int:
    """Return how grave an alert is; no alert is the least."""
    return -1 if episode is None else episode.severity.rank


def _gravest_first(change: Change) -> tuple[int, str]:
    tiers = [tier.rank for tier in (change.now, change.before) if tier is not None]
    return -max(tiers), str(change.patient_id)
