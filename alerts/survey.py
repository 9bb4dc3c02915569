"""Everything that is open, in short: enough to order, count and filter people before any is read.

A page prints the rows of a few people; what stands on no page is only counted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.inbox import GRAVE, foremost, urgency
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from alerts.lifecycle import State
    from monitoring.findings import Problem


@dataclass(frozen=True, slots=True)
class Brief:
    """One live alert: how grave, since when, and in whose hands."""

    id: UUID
    patient_id: UUID
    version: int
    severity: Severity
    state: State
    opened_at: datetime
    owner_id: UUID | None
    owner_team_id: UUID | None
    claimed_by: UUID | None
    problem: Problem

    @property
    def holder(self) -> UUID | None:
        """Return the person or team that has it in hand, None where nobody does."""
        return self.claimed_by or self.owner_id or self.owner_team_id

    def held_by(self, identities: Collection[object]) -> bool:
        """Return whether somebody owns it, is asked to take it, or looks at it."""
        return self.owner_id in identities or self.claimed_by in identities


@dataclass(frozen=True, slots=True)
class Changed:
    """One line of a timeline: its number, whose it is, and of which kind."""

    number: int
    alert_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class Case:
    """One person's live alerts, the one that their row speaks of first."""

    patient_id: UUID
    alerts: tuple[Brief, ...]

    @property
    def first(self) -> Brief:
        """Return the alert that decides where the person stands."""
        return self.alerts[0]

    @property
    def needs_somebody_now(self) -> bool:
        """Return whether a RED or AMBER of theirs was taken by nobody, first of theirs or not."""
        return any(each.severity in GRAVE and each.state.waits for each in self.alerts)


def cases(briefs: Iterable[Brief], *, physician: bool) -> list[Case]:
    """Return one case per person in the order of work, as `alerts.inbox.rows` has them."""
    # By the number of an id: of two ids it is told sooner whether they are the same.
    of: dict[int, list[Brief]] = defaultdict(list)
    for each in briefs:
        if not (physician and each.severity is Severity.DQ):
            of[each.patient_id.int].append(each)
    found = [Case(mine[0].patient_id, tuple(sorted(mine, key=foremost))) for mine in of.values()]
    return sorted(found, key=lambda case: (*urgency(case.first), case.patient_id.int))
