"""Read in an emergency while the audit cannot be written: served, kept, written down once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from alerts.tables import Alert
from app import health
from app.emergency import replaying
from app.emergency.replaying import replay
from app.runtime import Runtime
from app.scheduler import routine, tick
from core.audit import Action
from core.clock import utc_now
from tests.app.conftest import SETTINGS, csrf
from tests.app.emergency.away import (
    HIDDEN,
    OWN,
    SAID,
    audit_refused,
    newest,
    read_only,
    rows,
    write_down,
)

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from core.embedded import Servers
    from core.spool import Spool
    from tests.ward import Ward


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
            write_down(database, spool)
    waiting = spool.read()
    with pytest.raises(_KilledError):
        _killed(database, spool)
    assert (spool.read(), rows(database, hidden, after=before)) == (waiting, [])

    write_down(database, spool)
    assert spool.read() == waiting  # a kill after the commit finds them here once more
    client.get(f"/patients/{hidden}")
    write_down(database, spool)
    write_down(database, spool)

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


def test_an_audit_that_can_be_neither_written_nor_read_hides_no_patient_sec_16(
    embedded: Servers, client: TestClient, ward: Ward, spool: Spool
) -> None:
    with audit_refused(embedded, "insert, select"):
        answer = client.get(f"/patients/{ward.patients[HIDDEN]}")
        other = client.get(f"/patients/{ward.patients[OWN]}")

    assert (answer.status_code, other.status_code) == (200, 503)
    assert HIDDEN in answer.text
    assert "Who looked cannot be read at the moment." in answer.text
    assert {each.patient_id for each in spool.read()} == {ward.patients[HIDDEN]}


def test_a_store_that_takes_nothing_hides_no_patient_sec_16(
    database: Database, client: TestClient, ward: Ward, spool: Spool
) -> None:
    """Also where it is time to write down that the reader is still there."""
    with database.transaction() as session:
        session.execute(text("update login_session set last_seen_at = now() - interval '1 minute'"))
    with read_only(database):
        answer = client.get(f"/patients/{ward.patients[HIDDEN]}")
        other = client.get("/inbox")

    assert (answer.status_code, other.status_code) == (200, 503)
    assert HIDDEN in answer.text
    assert spool.waiting() is not None


def test_an_act_in_an_emergency_does_not_wait_on_the_disk_sec_16(
    database: Database, embedded: Servers, client: TestClient, ward: Ward, spool: Spool
) -> None:
    alert = ward.alerts[HIDDEN][0]
    token = csrf(client.get(f"/patients/{ward.patients[HIDDEN]}").text)
    with database.transaction() as session:
        fence = session.get_one(Alert, alert).fence
    with audit_refused(embedded):
        answer = client.post(f"/alerts/{alert}/claim", data={"csrf": token})

    assert answer.status_code == 503
    assert spool.waiting() is None
    with database.transaction() as session:
        assert session.get_one(Alert, alert).fence == fence


class _KilledError(Exception):
    """Stands for the end of the process before it committed."""


def _killed(database: Database, spool: Spool) -> None:
    with database.transaction() as session:
        replay(session, spool=spool, now=utc_now())
        raise _KilledError
