from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts import repository
from alerts.lifecycle import State
from alerts.policy import freeze
from alerts.tables import Alert
from monitoring.findings import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.policy import Policy
    from core.database import Database
    from tests.alerts.conftest import Ward


def test_the_database_alone_keeps_the_open_episode_single(
    database: Database, committed: Ward, policy: Policy, now: datetime
) -> None:
    """REL-11, AL-05: without any other lock, sixteen inserts at once leave one row."""
    gate = Barrier(8)
    values = {
        "patient_id": committed.patient,
        "problem": Problem.RHYTHM,
        "severity": "RED",
        "started_at": now,
        "last_seen_at": now,
        "last_found_at": now,
        "opened_at": now,
        "policy_hash": policy.hash,
        "policy": freeze(policy),
    }

    def insert(_: int) -> bool:
        gate.wait(timeout=20)
        with database.transaction() as session:
            return repository.open_once(session, values)

    with ThreadPoolExecutor(8) as pool:
        ours = list(pool.map(insert, range(16)))

    with database.transaction() as session:
        mine = Alert.patient_id == committed.patient
        assert session.scalar(select(func.count()).select_from(Alert).where(mine)) == 1
        for alert in session.scalars(select(Alert).where(mine)):
            alert.state = State.WITHDRAWN
    assert ours.count(True) == 1
