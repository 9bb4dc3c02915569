"""Read in an emergency while the audit cannot be written: served, kept, written down once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text

import app.pages
from app import health
from app.accounts.repository import by_username
from app.emergency import replaying
from app.emergency.replaying import replay
from app.runtime import Runtime
from app.scheduler import routine, tick
from core.audit import Action, AuditEvent
from core.clock import utc_now
from core.spool import Spool
from ingest.access.tables import EmergencyAccess
from tests.app.conftest import SETTINGS
from tests.ward import Ward, keep_alive

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

Enter = Callable[[str], TestClient]
HIDDEN, OWN = "Yun Hidden", "Oh Malsun"
SAID = "the audit cannot be written"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool.of(tmp_path / "data")


@pytest.fixture
def web(database: Database, ward: Ward, spool: Spool) -> FastAPI:
    keep_alive(database, now=ward.now)
    web = FastAPI()
    here = SETTINGS.model_copy(update={"data": spool.path.parent})
    app.pages.mount(web, database, here)
    return web


@pytest.fixture
def client(database: Database, ward: Ward, enter: Enter) -> TestClient:
    """Let somebody have one patient open in an emergency."""
    client, now = enter(ward.username), utc_now()
    with database.transaction() as session:
        session.execute(text("update emergency_access set ended_at = now() where ended_at is null"))
        user = by_username(session, ward.username)
        assert user is not None
        session.add(
            EmergencyAccess(
                id=uuid4(),
                user_id=user.id,
                patient_id=ward.patients[HIDDEN],
                reason="emergency",
                text=b"",
                began_at=now,
                until=now.replace(year=now.year + 1),
                review=b"",
            )
        )
    return client


@contextmanager
def audit_refused(embedded: Servers) -> Iterator[None]:
    """Take from the application the right to write the audit, as its owner can."""
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        connection.execute("revoke insert on audit_event from wardlight_app")
        try:
            yield
        finally:
            connection.execute("grant insert on audit_event to wardlight_app")


def rows(database: Database, patient: UUID, *, after: int) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.patient_id == patient, AuditEvent.id > after)
    with database.transaction() as session:
        return list(session.scalars(query.order_by(AuditEvent.id)))


def newest(database: Database) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.max(AuditEvent.id))) or 0


def test_what_is_read_in_an_emergency_says_so_and_nothing_else_does_sec_14(
    database: Database, client: TestClient, ward: Ward
) -> None:
    before = newest(database)
    for path in ("", "/trends?days=30", "/accesses"):
        assert client.get(f"/patients/{ward.patients[HIDDEN]}{path}").status_code == 200
    client.get(f"/patients/{ward.patients[OWN]}")
    client.get("/inbox")

    theirs = rows(database, ward.patients[HIDDEN], after=before)
    assert {each.entity for each in theirs} >= {"patient", "trends", "accesses", "inbox"}
    assert {each.purpose for each in theirs} == {"ETREAT"}
    assert {each.purpose for each in rows(database, ward.patients[OWN], after=before)} == {None}


def test_a_read_in_an_emergency_is_served_and_waits_on_the_disk_sec_16(
    database: Database, embedded: Servers, client: TestClient, ward: Ward, spool: Spool
) -> None:
    hidden, before = ward.patients[HIDDEN], newest(database)
    with audit_refused(embedded):
        served = client.get(f"/patients/{hidden}")
        again = client.get(f"/patients/{hidden}")
        others = [client.get(path) for path in (f"/patients/{ward.patients[OWN]}", "/inbox")]

    assert (served.status_code, again.status_code) == (200, 200)
    assert HIDDEN in served.text
    assert SAID in again.text
    assert [each.status_code for each in others] == [503, 503]
    assert not any(OWN in each.text for each in others)
    assert {each.patient_id for each in spool.read()} == {hidden}
    assert {(each.action, each.purpose) for each in spool.read()} == {(Action.READ, "ETREAT")}
    assert HIDDEN.encode() not in spool.path.read_bytes()
    assert health.audit_waiting(spool) == len(spool.read()) >= 2
    assert rows(database, hidden, after=before) == []


def test_what_waits_is_written_down_once_whatever_is_killed_when_sec_16(
    database: Database, embedded: Servers, client: TestClient, ward: Ward, spool: Spool
) -> None:
    hidden, before = ward.patients[HIDDEN], newest(database)
    with audit_refused(embedded):
        client.get(f"/patients/{hidden}")
        with pytest.raises(Exception, match="denied"):
            _replay(database, spool)
    waiting = spool.read()
    with pytest.raises(_KilledError):
        _replay(database, spool, killed=True)
    assert (spool.read(), rows(database, hidden, after=before)) == (waiting, [])

    _replay(database, spool)
    assert spool.read() == waiting  # a kill after the commit finds them here once more
    client.get(f"/patients/{hidden}")
    _replay(database, spool)
    _replay(database, spool)

    assert spool.waiting() is None
    wrote = rows(database, hidden, after=before)
    late = [each for each in wrote if each.recorded in {w.recorded for w in waiting}]
    assert len(late) == len(waiting)
    assert {(each.caller_id, each.purpose) for each in late} == {(waiting[0].caller_id, "ETREAT")}
    assert SAID not in client.get(f"/patients/{hidden}").text


def test_the_scheduler_does_it_by_itself_sec_16(
    database: Database, embedded: Servers, client: TestClient, ward: Ward, spool: Spool
) -> None:
    with audit_refused(embedded):
        client.get(f"/patients/{ward.patients[HIDDEN]}")
    here = SETTINGS.model_copy(update={"data": spool.path.parent})
    runtime = Runtime(here, database, *[None] * 5)  # type: ignore[arg-type]  # this job needs none
    job = {replaying.JOB: routine(runtime)[replaying.JOB]}
    assert spool.waiting() is not None

    for _ in range(2):
        tick(database, job, Counter())

    assert spool.waiting() is None


def test_where_the_disk_takes_nothing_either_the_read_is_refused_sec_16(
    embedded: Servers, client: TestClient, ward: Ward, spool: Spool
) -> None:
    spool.path.parent.write_text("a file where the folder should be")
    with audit_refused(embedded):
        answer = client.get(f"/patients/{ward.patients[HIDDEN]}")

    assert answer.status_code == 503
    assert HIDDEN not in answer.text


class _KilledError(Exception):
    """Stands for the end of the process before it committed."""


def _replay(database: Database, spool: Spool, *, killed: bool = False) -> Any:
    with database.transaction() as session:
        replay(session, spool=spool, now=utc_now())
        if killed:
            raise _KilledError
