"""What changes between the look at a version and the write that relies on it."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.security import Caller
from ingest.clients.service import sender_of
from ingest.observed.service import take
from ingest.people.service import Desk
from ingest.posting import parsed_of
from ingest.settled import Seen
from tests.door import BASE, NOW, Gateway, heart_rate, named, patient, readings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database
    from ingest.receipt import Answer

_WAITERS = text("select count(*) from pg_stat_activity where :me = any(pg_blocking_pids(pid))")


def taken(session: Session, client: Gateway, resource: dict[str, Any]) -> Answer:
    """Take a POST of a client in a transaction that stays open."""
    sender = sender_of(session, Caller("client", client.client_id), base=BASE, site_zone="UTC")
    raw = json.dumps(resource).encode()
    parsed: Any = parsed_of("Observation", raw, sender)
    return take(Desk(session, sender, {}, NOW), [Seen(0, parsed, raw, uuid4())])[0]


def until_waited_for(database: Database, pid: int) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        with database.transaction() as session:
            if session.scalar(_WAITERS, {"me": pid}):
                return
        time.sleep(0.02)
    pytest.fail("nobody waits for the first transaction")


@pytest.mark.parametrize("status", ["amended", "entered-in-error"])
@pytest.mark.parametrize("tag", ['W/"1"', "*"])
def test_a_put_that_read_the_version_before_a_correction_is_412_fhir_05(
    gateway: Gateway, database: Database, status: str, tag: str
) -> None:
    who = gateway.create(patient())
    reading = named(heart_rate(f"Patient/{who}", 72))
    id_ = gateway.create(reading)
    right = heart_rate(f"Patient/{who}", 96) | {
        "identifier": reading["identifier"],
        "status": status,
    }

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            pid = session.scalar(text("select pg_backend_pid()"))
            assert taken(session, gateway, right).version == 2
            stale = pool.submit(
                gateway.put, f"Observation/{id_}", reading | {"id": id_}, If_Match=tag
            )
            until_waited_for(database, int(pid or 0))
        answer = stale.result()

    assert answer.status_code == 412, answer.text
    assert answer.json()["issue"][0]["expression"] == ["http.If-Match"]
    live = [row.value for row in readings(database, who) if not row.superseded]
    assert live == ([96] if status == "amended" else [])
