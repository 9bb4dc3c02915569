"""Alerts of one week as plain values, for tests of what a report counts."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from monitoring.findings import Problem
from reports.episodes import Episode
from reports.week import Week

if TYPE_CHECKING:
    from core.vitals import Severity

WEEK = Week.parse("2026-W47", zone=UTC)  # 16 to 22 November
LATER = WEEK.end + timedelta(days=3)
ANNA, BEN, CARLA, DORA = (UUID(int=n) for n in (1, 2, 3, 4))
DOCTOR, NURSE = UUID(int=99), UUID(int=98)


def alert(
    who: UUID,
    severity: Severity,
    day: float,
    *,
    taken: float | None = None,
    reached: float | None = None,
    closed: float | None = None,
    outcome: str = "",
    problem: Problem = Problem.FLUID,
    owner: UUID | None = DOCTOR,
    in_hours: bool = True,
    rules: tuple[str, ...] = (),
) -> Episode:
    """Days count from Monday; `taken` and `reached` are minutes after opening, `closed` days."""
    opened = WEEK.start + timedelta(days=day)
    return Episode(
        id=uuid4(),
        patient_id=who,
        problem=problem,
        severity=severity,
        opened_at=opened,
        acknowledged_at=None if taken is None else opened + timedelta(minutes=taken),
        closed_at=None if closed is None else WEEK.start + timedelta(days=closed),
        outcome=outcome,
        owner_id=None if taken is None else owner,
        contacted_at=None if reached is None else opened + timedelta(minutes=reached),
        in_hours=in_hours,
        rules=rules,
    )
