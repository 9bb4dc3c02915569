"""The ping to the outside, on a real receiver, from rows that say how the watch stands (REL-33)."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from app import promises
from app.health import pipeline
from app.periods import ScheduledRun
from app.watching import heartbeat, rounds
from app.watching.tables import Heartbeat, Round, WorkerGroup
from core.outward import Outward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database

NOW = datetime(2001, 8, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LOOPBACK = Outward(plain_loopback=True)
SILENT = "no test reading came all the way through lately: new readings may not reach anybody"


@dataclass(slots=True)
class Ear:
    """Who listens outside: what was asked for, and what it answers."""

    url: str
    heard: list[str] = field(default_factory=list)
    status: int = 200


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as found:
        yield found


@contextmanager
def listening() -> Iterator[Ear]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.heard.append(self.path)
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Ear(f"http://127.0.0.1:{server.server_port}/ping/secret")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def nothing_yet(database: Database) -> Iterator[None]:
    forget(database)
    yield
    forget(database)


def forget(database: Database) -> None:
    with database.transaction() as session:
        for table in (Round, Heartbeat, WorkerGroup, promises.Broken):
            session.execute(delete(table))
        session.execute(delete(ScheduledRun).where(ScheduledRun.job.in_(promises.AUDITS)))


def all_well(database: Database, *, at: datetime) -> None:
    with database.transaction() as session:
        session.add(
            Round(
                period=at.isoformat(),
                began_at=at,
                accepted_at=at,
                completed_at=at,
                vouches_until=at + 3 * MINUTE,
            )
        )
        for job in promises.AUDITS:
            session.add(ScheduledRun(job=job, period=at.isoformat(), ran_at=at))


def beat(database: Database, url: str | None, *, at: datetime) -> None:
    heartbeat.beat(database, LOOPBACK, url, now=at, every=MINUTE)


def outcomes(database: Database) -> list[str]:
    with database.transaction() as session:
        return list(session.scalars(select(Heartbeat.outcome).order_by(Heartbeat.at)))


def test_two_schedulers_send_one_ping_a_minute_rel_33(database: Database, ear: Ear) -> None:
    all_well(database, at=NOW)

    for second in (0, 1, 59, 60):
        beat(database, ear.url, at=NOW + timedelta(seconds=second))

    assert ear.heard == ["/ping/secret", "/ping/secret"]
    assert outcomes(database) == ["sent", "sent"]


def test_a_loop_that_stands_still_silences_the_ping_and_degrades_the_page_rel_35(
    database: Database, ear: Ear
) -> None:
    all_well(database, at=NOW)

    for minutes in range(1, 6):
        beat(database, ear.url, at=NOW + minutes * MINUTE)

    assert len(ear.heard) == 2
    assert outcomes(database)[2].startswith("no-synthetic-reading-came-through-lately")
    with database.transaction() as session:
        assert SILENT not in pipeline(session, now=NOW + 3 * MINUTE).faults
        status = pipeline(session, now=NOW + 4 * MINUTE)
    assert SILENT in status.faults
    assert status.since is not None
    assert status.since <= NOW + 3 * MINUTE


def test_a_promise_that_is_broken_silences_the_ping_rel_18(database: Database, ear: Ear) -> None:
    all_well(database, at=NOW)
    with database.transaction() as session:
        row = promises.Broken(
            invariant="I7", what="planted", count=1, repaired=0, since=NOW, seen_at=NOW
        )
        session.add(row)

    beat(database, ear.url, at=NOW)

    assert ear.heard == []
    assert outcomes(database) == ["a-promise-is-broken"]


def test_a_worker_group_that_does_nothing_silences_the_ping_and_is_named_rel_36(
    database: Database, ear: Ear
) -> None:
    all_well(database, at=NOW)
    with database.transaction() as session:
        session.add(WorkerGroup(name="critical", progress_at=NOW - MINUTE, vouches_until=NOW))

    beat(database, ear.url, at=NOW + timedelta(seconds=1))

    assert ear.heard == []
    assert outcomes(database) == ["a-worker-group-does-nothing"]
    with database.transaction() as session:
        faults = pipeline(session, now=NOW + timedelta(seconds=1)).faults
    assert "the workers of critical complete nothing" in faults


def test_a_ping_that_nobody_takes_is_written_down_without_its_address(
    database: Database, ear: Ear
) -> None:
    all_well(database, at=NOW)
    ear.status = 503
    beat(database, ear.url, at=NOW)
    beat(database, "http://127.0.0.1:9/secret", at=NOW + MINUTE)
    beat(database, "https://127.0.0.1/secret", at=NOW + 2 * MINUTE)

    assert outcomes(database) == ["answered-503", "unreachable", "unreachable"]


def test_an_address_inside_the_network_is_refused_sec_34(database: Database) -> None:
    all_well(database, at=NOW)

    heartbeat.beat(database, Outward(), "https://10.0.0.1/ping", now=NOW, every=MINUTE)

    assert outcomes(database) == ["address-refused"]


def test_without_an_address_the_watch_still_says_that_all_is_well(database: Database) -> None:
    all_well(database, at=NOW)

    beat(database, None, at=NOW)

    with database.transaction() as session:
        assert heartbeat.last_well(session) == NOW


def test_two_schedulers_begin_one_round_a_minute_rel_33(database: Database) -> None:
    begun = []
    for second in (0, 1, 59, 60):
        with database.transaction() as session:
            at = NOW + timedelta(seconds=second)
            begun.append(rounds.begin(session, now=at, every=MINUTE) is not None)

    assert begun == [True, False, False, True]
