"""The relay looks often and cheaply, and looks on where its connection was cut."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import text, update

from app import relay
from core import outbox
from core.outbox import Outbox, State, Topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from core.database import Database

LEASE = timedelta(seconds=60)
CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where usename = current_user and pid <> pg_backend_pid()
"""


@contextmanager
def running(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[UUID | None]]:
    """Run a relay whose doorbells are written down instead of rung."""
    rung: list[UUID | None] = []
    stop = threading.Event()
    monkeypatch.setattr(relay, "publish", lambda row: rung.append(row.subject_id))
    loop = threading.Thread(
        target=relay.run, args=(database,), kwargs={"lease": LEASE, "stop": stop}
    )
    loop.start()
    try:
        yield rung
    finally:
        stop.set()
        loop.join(timeout=10)
        assert not loop.is_alive()
        with database.transaction() as session:
            mine = update(Outbox).where(Outbox.subject_id.in_([each for each in rung if each]))
            session.execute(mine.values(state=State.DONE))


def offered(database: Database) -> UUID:
    subject = uuid4()
    with database.transaction() as session:
        outbox.offer(session, Topic.PROBE, subject, now=database.now())
    return subject


def seconds_until(rung: list[UUID | None], subject: UUID) -> float:
    began = time.monotonic()
    while subject not in rung and time.monotonic() - began < 15:
        time.sleep(0.002)
    assert subject in rung
    return time.monotonic() - began


def test_what_was_committed_is_rung_for_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(database, monkeypatch) as rung:
        seconds_until(rung, offered(database))
        waits = sorted(seconds_until(rung, offered(database)) for _ in range(9))

    assert waits[4] < 0.2  # at the median, on a machine that does other things too
    assert len(rung) == len(set(rung))


def test_what_waits_for_its_time_is_not_rung_for_before(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = uuid4()
    with running(database, monkeypatch) as rung:
        with database.transaction() as session:
            now = database.now()
            soon = now + timedelta(seconds=1)
            outbox.offer(session, Topic.PROBE, subject, now=now, not_before=soon)
        waited = seconds_until(rung, subject)

    assert waited > 0.8


def test_a_relay_whose_connections_were_cut_looks_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(database, monkeypatch) as rung:
        seconds_until(rung, offered(database))
        with database.transaction() as session:
            session.execute(text(CUT))

        seconds_until(rung, offered(database))
