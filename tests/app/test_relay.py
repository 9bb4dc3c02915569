"""The relay looks often and cheaply, and looks on where its connection was cut."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from amqp.exceptions import PreconditionFailed
from sqlalchemy import select, text, update

from app import relay
from core import outbox
from core.database import Database
from core.outbox import Outbox, Priority, State, Topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from core.embedded import Servers
    from core.outbox import Leased

LEASE = timedelta(seconds=60)
CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where usename = current_user and pid <> pg_backend_pid()
"""
FILL = """
insert into outbox (id, topic, subject_id, state, priority, created_at, next_try_at, done_at,
    attempts, fence)
select gen_random_uuid(), 'probe', gen_random_uuid(), 'done', 5, now(), now(), now(), 1, 1
from generate_series(1, 30000)
"""
SCANS = "select coalesce(seq_scan, 0) from pg_stat_xact_user_tables where relname = 'outbox'"


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


def test_a_relay_whose_broker_refuses_for_good_gives_its_rows_back_and_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REL-24: the escalations may run in the same process, and no lease is waited for."""
    refused: list[UUID | None] = []
    with running(database, monkeypatch) as rung:
        taken = relay.publish

        def refuse(row: Leased) -> None:
            if row.subject_id not in refused:
                refused.append(row.subject_id)
                raise PreconditionFailed("a queue of this name is declared otherwise")
            taken(row)

        monkeypatch.setattr(relay, "publish", refuse)
        subject = offered(database)
        waited = seconds_until(rung, subject)

    assert refused == [subject]
    assert waited < LEASE.total_seconds() / 2


def test_a_queue_that_is_refused_keeps_no_row_of_another_rel_28(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(database, monkeypatch) as rung:
        taken = relay.publish
        refused: list[UUID] = []

        def refuse(row: Leased) -> None:
            if row.subject_id in refused:
                raise PreconditionFailed("a queue of this name is declared otherwise")
            taken(row)

        monkeypatch.setattr(relay, "publish", refuse)
        refused.append(uuid4())
        with database.transaction() as session:
            now = database.now()
            outbox.offer(session, Topic.PROBE, refused[0], now=now, priority=Priority.CRITICAL)
        for _ in range(3):
            seconds_until(rung, offered(database))
        with database.transaction() as session:
            mine = Outbox.subject_id == refused[0]
            held = session.execute(select(Outbox.state, Outbox.attempts).where(mine)).one()
            session.execute(update(Outbox).where(mine).values(state=State.DONE))

    assert held == (State.LEASED, 0)


def test_a_look_reads_no_row_that_was_done_however_often_it_is_prepared(
    database: Database, embedded: Servers
) -> None:
    """A prepared statement knows no parameter, and a partial index only what is written."""
    assert database.ping()
    owner = Database(embedded.migration_database_url, field_keys=embedded.field_keys)
    with owner.engine.connect() as connection, connection.begin() as outer:
        connection.execute(text(FILL))
        connection.execute(text("analyze outbox"))
        before = connection.scalar(text(SCANS))
        for _ in range(20):
            relay._waits(connection)
        after = connection.scalar(text(SCANS))
        outer.rollback()
    owner.close()

    assert after == before
