"""Whether one more alert is too many for one person and day, and where it goes then (AL-17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.policy import To
from alerts.reasons import Reason
from core.vitals import Severity
from ingest.weekly import wall

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID
    from zoneinfo import ZoneInfo

# What the chain sends to a person; who owns an alert or was asked to take it, has it already.
PERSONAL = (To.RESPONSIBLE, To.BACKUP, To.ON_CALL)
_THEN = {Severity.AMBER: Reason.BUDGET_TEAM, Severity.YELLOW: Reason.BUDGET_DIGEST}


def over(
    severity: Severity, alert_id: UUID, told: Collection[UUID], budget: Mapping[Severity, int]
) -> Reason | None:
    """Return where an alert goes instead of to a person, or None where they are told of it.

    `told` are the alerts of this tier that they were told of today; one of these is no more
    for them than it was. A RED never waits, and data quality has no budget.
    """
    most = budget.get(severity)
    if most is None or alert_id in told or len(told) < most:
        return None
    return _THEN.get(severity)


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return when the local day began."""
    return wall(now.astimezone(zone).date(), 0, zone)
