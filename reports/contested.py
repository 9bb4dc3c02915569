"""What became of scores that somebody contests: received, answered in time, upheld; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ingest.caseload import Caseload
from monitoring.contests import ANSWER_WITHIN
from reports.rates import Rate


class Doubt(NamedTuple):
    """One contested score: of whom, since when, and when it was answered, how, if it was."""

    patient_id: UUID
    at: datetime
    answered_at: datetime | None = None
    upheld: bool = False

    @property
    def due_at(self) -> datetime:
        """Return by when it had to be answered."""
        return self.at + ANSWER_WITHIN

    def answered_by(self, end: datetime) -> bool:
        """Return whether it was answered before an instant."""
        return self.answered_at is not None and self.answered_at < end

    @property
    def settled_at(self) -> datetime:
        """Return when it is known whether it was answered in time: it counts then, once."""
        return min(self.answered_at or self.due_at, self.due_at)


@dataclass(frozen=True, slots=True)
class Contests:
    """Contested scores of a span of time."""

    received: int
    in_time: Rate  # of those that were answered in the span, or whose week ended in it
    upheld: Rate  # of those that were answered in the span
    overdue: int  # at its end


def contests(
    doubts: Iterable[Doubt], load: Caseload, *, start: datetime, end: datetime
) -> Contests | None:
    """Count what happened from `start` until before `end`; None where nothing did.

    Each of it counts where the team had the person then, and what is overdue at the end there.
    """

    def within(each: Doubt, at: datetime | None) -> bool:
        return at is not None and start <= at < end and load.had(each.patient_id, at)

    known = [each for each in doubts if each.at < end]
    settled = [each for each in known if within(each, each.settled_at)]
    answered = [each for each in known if within(each, each.answered_at)]
    late = [each for each in known if each.due_at <= end and not each.answered_by(end)]
    found = Contests(
        received=sum(within(each, each.at) for each in known),
        in_time=Rate(sum(e.answered_by(e.due_at) for e in settled), len(settled)),
        upheld=Rate(sum(each.upheld for each in answered), len(answered)),
        overdue=sum(load.has(each.patient_id) for each in late),
    )
    nothing = not (found.received or found.in_time.of or found.upheld.of or found.overdue)
    return None if nothing else found
