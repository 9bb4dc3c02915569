"""What the second wall costs: pages and searches without any, with it open, and behind it.

`make bench ARGS="wall"`: three ways in turn in one run. Without: no row-level security at all, and
nobody says for whom they read. Open: the policies are there and let everything through, as for
workers. Behind: as pages and clients are served. Then what storing costs beside plain COPY.
"""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import text

from app.fhir_api.service import Asked, search
from bench.clients import bound_client
from bench.inbox import fill, served
from bench.stock import fill as fill_stock
from core.clock import utc_now
from core.rows import copy_parted
from fhir.search_criteria import Criteria, Place
from fhir.search_parameters import read_search
from ingest.clients.service import reader_of
from ingest.observed.repository import _READING
from ingest.partitions import month

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from fastapi.testclient import TestClient
    from sqlalchemy.orm import Session

    from core.database import Database
    from core.embedded import Servers

WAYS = ("without", "open", "behind")
ROWS = 1_000  # readings that are stored at once
STOCK = 100_000
_TABLES = "select tablename from pg_policies where policyname = 'second_wall'"


def main(arguments: Sequence[str] = ()) -> None:
    """Print medians in milliseconds, and the ratios to none at all."""
    parser = argparse.ArgumentParser(prog="bench wall", description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--people", default="200,2000", help="of whom pages are made")
    chosen = parser.parse_args(list(arguments))
    repeats = chosen.repeats
    for people in map(int, chosen.people.split(",")):
        _say_pages(people, ["breathing"], repeats)
    with served(_fill_stock) as at:
        print(f"searches on {STOCK:,} Observations, a client that speaks for half of the people:")
        for name, query in _questions(at.database):
            _say(name, _in_turn(at.running, repeats, query))
        _say_stored(at.running, at.database, repeats)


def _fill_stock(session: Session) -> None:
    fill_stock(session, STOCK, until=utc_now())
    fill(session, 1, [])  # who signs in


def _say_pages(people: int, problems: list[str], repeats: int) -> None:
    found: list[UUID] = []
    with served(lambda session: found.extend(fill(session, people, problems))) as at:
        print(f"pages of a physician with {people:,} people, {len(problems)} alerts each:")
        for page in ("/inbox", "/patients", f"/patients/{found[0]}/trends", "/quality"):
            timed = _in_turn(at.running, repeats, partial(_get, at.client, page))
            _say(page.replace(str(found[0]), "…"), timed)


def _get(client: TestClient, page: str) -> None:
    client.get(page).raise_for_status()


def _in_turn(running: Servers, repeats: int, what: Callable[[], Any]) -> dict[str, float]:
    """Return the median milliseconds of a call each way; the first of each is not counted."""
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(repeats + 1):
        for way in WAYS:
            with _as(running, way):
                what()  # what was changed for this way is looked up anew
                started = time.perf_counter()
                what()
                times[way].append((time.perf_counter() - started) * 1000)
    return {way: statistics.median(each[1:]) for way, each in times.items()}


@contextmanager
def _as(running: Servers, way: str) -> Iterator[None]:
    with ExitStack() as held:
        if way != "behind":
            for place in ("ingest.repository", "ingest.clients.service"):
                held.enter_context(patch(f"{place}.raise_wall", lambda *_: None))
        if way == "without":
            _turn(running, "disable")
            held.callback(_turn, running, "enable")
        yield


def _turn(running: Servers, how: str) -> None:
    with psycopg.connect(running.migration_database_url) as owner:
        for (name,) in owner.execute(_TABLES).fetchall():
            change = f"alter table {{}} {how} row level security"
            owner.execute(sql.SQL(change).format(sql.Identifier(name)))


def _questions(database: Database) -> list[tuple[str, Callable[[], object]]]:
    """Return searches of a client by their names."""
    now = utc_now()
    with database.transaction() as session:
        whose = list(session.scalars(text("select id from patient order by id")))
        caller = bound_client(session, whose[::2], now=now)
    asked = [
        ("Observation", ("patient", str(whose[0]))),
        ("Observation", ("code", "8867-4")),
        ("DetectedIssue", ("patient", str(whose[0]))),
        ("DetectedIssue", ("status", "final")),
        ("Patient", ("_count", "50")),
    ]

    def question(kind: str, pair: tuple[str, str]) -> Callable[[], object]:
        place = Place("http://bench/fhir", UTC, now)
        criteria = read_search(kind, (pair,), place, strict=False)
        if not isinstance(criteria, Criteria):
            raise TypeError(f"{kind}: {criteria}")

        def ask() -> object:
            with database.transaction() as session:
                reader_of(session, caller)
                return search(session, caller, criteria, Asked((pair,), place, "b", now, asof=now))

        return ask

    said = [(f"{kind}?{name}={'…' if name == 'patient' else value}", kind, (name, value))
            for kind, (name, value) in asked]  # fmt: skip
    return [(name, question(kind, pair)) for name, kind, pair in said]


def _say(name: str, found: dict[str, float]) -> None:
    bare = found["without"]
    rest = ", ".join(f"{way} {found[way]:.1f} ms ({found[way] / bare:.2f} x)" for way in WAYS[1:])
    print(f"  {name}: without {bare:.1f} ms, {rest}", flush=True)


def _say_stored(running: Servers, database: Database, repeats: int) -> None:
    """Compare the door's way past the wall with COPY into a table that has none."""
    times: dict[str, list[float]] = {"open": [], "without": []}
    for _ in range(repeats + 1):
        for way, taken in times.items():
            rows = _readings()
            with _as(running, way), database.transaction() as session:
                started = time.perf_counter()
                if way == "open":
                    copy_parted(session, "reading", _READING, rows, ("effective", month))
                else:
                    _copy_plainly(session.connection().connection.driver_connection, rows)
                taken.append((time.perf_counter() - started) * 1000)
    plain, past = (statistics.median(times[way][1:]) for way in ("without", "open"))
    print(f"{ROWS:,} readings: COPY {plain:.1f} ms, past the wall {past:.1f} ms"
          f" ({past / plain:.2f} x)")  # fmt: skip


def _copy_plainly(connection: Any, rows: Sequence[Sequence[object]]) -> None:
    statement = f"copy reading ({', '.join(_READING)}) from stdin (format binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(_READING.values()))
        for row in rows:
            copy.write_row(row)


def _readings() -> list[list[object]]:
    """Return readings of a person, over two months."""
    whose, now = uuid4(), utc_now()
    said: dict[str, object] = {
        "patient_id": whose, "resource_id": uuid4(), "received_at": now, "value": 72.0,
        "resource_version": 1, "ordinal": 0, "history": False, "superseded": False,
        "vital": "heart_rate", "device": "", "quality": "scored", "precision": "instant",
        "comparator": "", "value_received": "72", "unit_received": "/min", "site": "",
    }  # fmt: skip
    times = [now - timedelta(minutes=60 * n) for n in range(ROWS)]
    return [[(said | {"effective": at}).get(name) for name in _READING] for at in times]
