"""`wardlight patient silenced` and the doctor tell whom a merge alone ended the monitoring of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select
from typer.testing import CliRunner

from app.cli import build
from app.doctor.database import looked_into
from app.erasure.outside import Ledger
from core.audit import AuditEvent
from core.clock import utc_now
from core.security import SYSTEM
from ingest.departures import Asked, Why
from ingest.leaving import repository as leaving
from ingest.merging.service import merge, unmerge
from tests.people import called

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers


def test_who_was_silenced_is_counted_by_the_doctor_and_named_by_an_id_alone_sec_28(
    database: Database, embedded: Servers, tmp_path: Path
) -> None:
    ledger, now = Ledger.of(tmp_path), utc_now()
    before = looked_into(database, ledger).silenced
    kept, gone = uuid4(), uuid4()
    with database.transaction() as session:
        session.add_all([called(session, each, "Ann", created=now) for each in (kept, gone)])
        session.flush()
        merge(session, SYSTEM, kept, gone, reason="one card", now=now)
        left = Asked(Why.MOVED, now - timedelta(days=5), "away")
        leaving.add(session, gone, left, uuid4(), now=now - timedelta(days=5))
    servers = {
        "WARDLIGHT_DATA": str(tmp_path),
        "WARDLIGHT_DATABASE_URL": embedded.database_url,
        "WARDLIGHT_BROKER_URL": embedded.broker_url,
        "WARDLIGHT_FIELD_KEYS": embedded.field_keys,
    }

    told = CliRunner().invoke(build("patient"), ["patient", "silenced"], env=servers)

    assert looked_into(database, ledger).silenced == before + 1
    assert (told.exit_code, str(kept) in told.output.split()) == (0, True)
    assert len(told.output.split()) == before + 1
    read = select(AuditEvent.entity).where(AuditEvent.patient_id == kept)
    with database.transaction() as session:
        assert "discharge" in set(session.scalars(read))
        unmerge(session, SYSTEM, gone, now=now)
    assert looked_into(database, ledger).silenced == before
