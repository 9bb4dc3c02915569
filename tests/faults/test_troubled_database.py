"""A database that ends sessions, refuses writes or is fought over: 503, never 500, never half."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from sqlalchemy import func, select, text

from app.commands.tokens import fetch_token
from core.clock import utc_now
from ingest.tables import StoredReading
from tests.faults.posting import (
    PEOPLE,
    doubled,
    lost,
    people_without_work,
    posting,
    troubled_ward,
)
from tests.invented import entry, observation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.posting import Ward

pytestmark = pytest.mark.processes
TERMINATE = """
    select count(pg_terminate_backend(pid)) from pg_stat_activity
    where usename = current_user and pid <> pg_backend_pid()
"""


def test_sessions_that_are_ended_every_200_ms_cause_no_500_and_lose_nothing_ft_14(
    tmp_path: Path,
) -> None:
    with troubled_ward(tmp_path) as ward:
        ward.database.close()
        with posting(ward) as posters, psycopg.connect(ward.running.database_url) as connection:
            ended = 0
            for _ in range(15):
                time.sleep(0.2)
                row = connection.execute(TERMINATE).fetchone()
                ended += row[0] if row else 0

        statuses = {status for each in posters for status in each.statuses}
        assert ended > 0
        assert statuses <= {200, 201, 503}
        assert lost(ward, posters) == []
        assert doubled(ward.database) == 0
        assert people_without_work(ward.database) == 0


def test_a_read_only_database_answers_503_with_retry_after_and_takes_no_part_of_a_bundle_ft_16(
    tmp_path: Path,
) -> None:
    """FHIR-09."""
    with troubled_ward(tmp_path) as ward:
        before, token = count(ward), fetch_token(ward.key, base_url=ward.served.url)
        allow_writes(ward, allowed=False)

        refused = post(ward, token)

        allow_writes(ward, allowed=True)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"]
        assert refused.json()["issue"][0]["code"] == "transient"
        assert count(ward) == before
        assert post(ward, token).status_code == 200


def post(ward: Ward, token: str) -> httpx.Response:
    """Post a batch of two readings; each entry would be answered by itself."""
    now = utc_now()
    entries = [entry(observation(PEOPLE[0], kind, 90, now)) for kind in ("spo2", "heart_rate")]
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    return httpx.post(
        f"{ward.served.url}/fhir",
        content=json.dumps(bundle),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"},
        timeout=20,
    )


def count(ward: Ward) -> int:
    with ward.database.transaction() as session:
        return int(session.scalar(select(func.count()).select_from(StoredReading)) or 0)


def allow_writes(ward: Ward, *, allowed: bool) -> None:
    """Switch the database as a failover does: for every session that begins from now on."""
    ward.database.close()
    value = "off" if allowed else "on"
    owner = ward.running.migration_database_url
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute(f"alter database wardlight set default_transaction_read_only = {value}")
    with psycopg.connect(ward.running.database_url, autocommit=True) as connection:
        connection.execute(TERMINATE)


@pytest.mark.faults
def test_writers_that_fight_over_one_patient_wait_or_are_told_to_come_back_ft_17(
    tmp_path: Path,
) -> None:
    with troubled_ward(tmp_path) as ward:
        with posting(ward) as posters:
            for _ in range(3):
                with ward.database.transaction() as session:
                    session.execute(text("lock table outbox in share row exclusive mode"))
                    time.sleep(0.4)
                time.sleep(0.1)

        assert {status for each in posters for status in each.statuses} <= {200, 201, 503}
        assert lost(ward, posters) == []
        assert doubled(ward.database) == 0
