"""An alert as a report knows it: how grave, when it began, was taken, was acted on and ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.vitals import Severity
from monitoring.findings import Problem

TIERS = (Severity.RED, Severity.AMBER, Severity.YELLOW, Severity.DQ)
TARGETS: dict[Severity, timedelta] = {  # acknowledged within (alerting.md section 2)
    Severity.RED: timedelta(minutes=15),
    Severity.AMBER: timedelta(hours=4),
    Severity.YELLOW: timedelta(days=3),
}
CONTACT_TARGETS: dict[Severity, timedelta] = {  # the person reached within (as above)
    Severity.RED: timedelta(minutes=60),
    Severity.AMBER: timedelta(hours=4),
}


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert as it stood at the end of the week; outcome as recorded until now."""

    id: UUID
    patient_id: UUID
    problem: Problem
    severity: Severity
    opened_at: datetime
    acknowledged_at: datetime | None  # first taken as grave as it is
    closed_at: datetime | None
    outcome: str
    owner_id: UUID | None
    detail: str = ""  # the sub-reason of the outcome
    contacted_at: datetime | None = None  # the person was reached, or who cares for them
    in_hours: bool = True  # whether it began within the service hours of its own policy
    rules: tuple[str, ...] = ()  # that speak in it
    risen_at: datetime | None = None  # since when it is as grave as it is, if it was lesser before
    waits_since: datetime | None = None  # it came back from whoever had it, and nobody has it

    @property
    def since(self) -> datetime:
        """Return from when the time of its tier runs; what was done before does not count."""
        return self.risen_at or self.opened_at

    def taken_by(self, at: datetime) -> bool:
        """Return whether somebody had taken it by an instant, and it had not come back since."""
        took = self.acknowledged_at
        return took is not None and took < at and self.waits_since is None

    def live_in(self, start: datetime, end: datetime) -> bool:
        """Return whether it was open at some time of a span."""
        return self.opened_at < end and (self.closed_at is None or self.closed_at > start)

    def open_at(self, at: datetime) -> bool:
        """Return whether it had begun and not ended at an instant."""
        return self.opened_at < at and (self.closed_at is None or self.closed_at >= at)


def waits_of(episodes: Iterable[Episode], *, end: datetime) -> list[float]:
    """Return after how many seconds each was first taken, of those that were by `end`."""
    return [
        (e.acknowledged_at - e.since).total_seconds()
        for e in episodes
        if e.acknowledged_at and e.acknowledged_at < end
    ]
