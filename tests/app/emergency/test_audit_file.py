"""A disk with a fault under the audit that waits: said on every page, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import health
from app.emergency import replaying
from app.metrics.repository import numbers
from app.periods import first
from core.clock import utc_now
from core.spool import Spool
from tests.app.emergency.away import HIDDEN, audit_refused, newest, rows, write_down
from tests.app.retention.conftest import run_through

if TYPE_CHECKING:
    import pytest
    from fastapi.testclient import TestClient

    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Invented, Ward

PEOPLE: tuple[Invented, ...] = ()


def test_a_file_that_cannot_be_read_takes_no_page_down_and_is_said_on_each_sec_16(
    database: Database, client: TestClient, ward: Ward, spool: Spool
) -> None:
    spool.path.mkdir(parents=True)  # stands for a disk with a fault

    answer = client.get("/inbox")

    assert answer.status_code == 200
    assert "the file in which the audit waits cannot be read" in answer.text
    assert health.audit_waiting(spool) is None
    with database.transaction() as session:
        assert not numbers(session, now=ward.now, spool=spool).normal


def test_a_damaged_line_is_said_and_keeps_no_event_out_of_the_audit_sec_16(
    database: Database, embedded: Servers, client: TestClient, ward: Ward, spool: Spool
) -> None:
    hidden, before = ward.patients[HIDDEN], newest(database)
    with audit_refused(embedded):
        client.get(f"/patients/{hidden}")
    waiting = spool.read()
    spool.path.write_bytes(b"\0\0\n" + spool.path.read_bytes())

    write_down(database, spool)
    write_down(database, spool)

    assert len(rows(database, hidden, after=before)) == len(waiting)
    assert spool.path.read_bytes() == b"\0\0\n"
    assert "1 line of the audit that waits is damaged" in client.get("/inbox").text


def test_lines_that_the_disk_does_not_let_go_keep_no_other_out_sec_16(
    database: Database,
    embedded: Servers,
    client: TestClient,
    ward: Ward,
    spool: Spool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hidden, before = ward.patients[HIDDEN], newest(database)
    with audit_refused(embedded):
        client.get(f"/patients/{hidden}/trends?days=30")
        claimed = _claimed(database, spool)
        client.get(f"/patients/{hidden}/trends?days=30")
    fresh = len(spool.read()) - claimed
    monkeypatch.setattr(Spool, "drop", _takes_nothing)

    write_down(database, spool)

    assert len(rows(database, hidden, after=before)) == fresh > 0


def test_a_line_that_comes_back_after_months_is_not_written_twice_sec_16(
    database: Database, embedded: Servers, client: TestClient, ward: Ward, spool: Spool
) -> None:
    hidden, before = ward.patients[HIDDEN], newest(database)
    with audit_refused(embedded):
        client.get(f"/patients/{hidden}")
    copy = spool.path.read_bytes()
    write_down(database, spool)
    write_down(database, spool)
    wrote = len(rows(database, hidden, after=before))
    with database.transaction() as session:
        run_through(session, now=utc_now().replace(year=utc_now().year + 1))
    spool.path.write_bytes(copy)

    write_down(database, spool)

    assert len(rows(database, hidden, after=before)) == wrote > 0


def _takes_nothing(spool: Spool, ids: object) -> None:
    raise OSError(5, f"{spool.path} takes nothing of {ids}")


def _claimed(database: Database, spool: Spool) -> int:
    """Have what waits claimed by a round that committed, as if its row stood in the audit."""
    with database.transaction() as session:
        for each in spool.read():
            assert first(session, replaying.JOB, str(each.id), now=utc_now())
    return len(spool.read())
