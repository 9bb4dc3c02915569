"""The worker that makes a weekly report is killed while it does: another makes the same row."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from app.weekly import repository
from app.weekly.states import State
from core.clock import utc_now
from ingest.tables import CareTeam
from tests.running_system import until

if TYPE_CHECKING:
    from uuid import UUID

    from app.weekly.states import Row
    from tests.faults.stand import Stand
    from tests.faults.table import Figures

pytestmark = [pytest.mark.processes, pytest.mark.faults]


def test_a_report_whose_worker_is_killed_is_made_once_by_another_ft_01(
    stand: Stand, figures: Figures
) -> None:
    stand.stop("worker")
    stand.start("worker", odd="slow")
    team, now = uuid4(), utc_now()
    monday = now.date() - timedelta(days=now.weekday() + 14)
    with stand.database.transaction() as session:
        session.add(CareTeam(id=team, name="Killed"))
        session.flush()
        due = {"begin_at": now, "due_at": now, "zone": "UTC"}
        repository.plan(session, [{"team_id": team, "monday": monday, **due}])
    until(lambda: row_of(stand, team).state is State.RUNNING, within=60, what="it is begun")

    stand.kill("worker")
    stand.start("worker")
    until(lambda: row_of(stand, team).state is State.MADE, within=90, what="another makes it")

    assert row_of(stand, team).version == 1
    figures.lost = figures.doubled = 0


def row_of(stand: Stand, team: UUID) -> Row:
    """Return the oldest row of a team; the timers add those of the weeks since."""
    with stand.database.transaction() as session:
        found = repository.rows(session, [team], since=utc_now().date() - timedelta(weeks=4))
    return found[-1]
