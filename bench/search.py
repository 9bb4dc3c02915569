"""Asks every documented search on a million rows: how long, and how much is read for it (SEC-37).

`make bench ARGS="search --rows 1e7"` tries it on ten million. Of each form it prints the median
and the worst time, the rows and the blocks that PostgreSQL read for one answer, the rows of these
that it handed over, and which table its statements would read from end to end, if any. A form
that exceeds a limit says so. `--bound 1` asks as a client that speaks for one person, behind the
second wall; `--data` keeps the database, so that it is filled once.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

import app.migrate
from app.fhir_api.everything import everything
from app.fhir_api.service import Asked, RefusedSearchError, search
from bench.clients import bound_client
from bench.scans import Reads, Watched
from bench.stock import Stock, fill
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.security import SYSTEM
from core.settings import Environment, Settings
from fhir.search_criteria import Criteria, Place
from fhir.search_fields import FIELDS, PATIENT_FIELDS, SORTED_BY_DATE
from fhir.search_parameters import read_search
from ingest.repository import raise_wall

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

REPEATS = 5
MOST_SECONDS, MOST_ROWS, MOST_BLOCKS = 1.0, 60_000, 300_000
VALUES = {
    "token": "http://loinc.org|8867-4",
    "date": "ge2026",
    "quantity": "gt100||/min",
    "reference": "Device/none",
    "uri": "urn:none",
    "canonical": "urn:none",
}
Query = tuple[tuple[str, str], ...]
_WHOSE = ("patient", "subject", "_id")


def questions(kind: str, patient: UUID) -> Iterator[Query]:
    """Yield every documented search of a kind, each parameter with and without a patient."""
    whose = (("patient", str(patient)),) if "patient" in PATIENT_FIELDS[kind] else ()
    asked: list[Query] = [()]
    asked += [
        ((name, str(patient) if name in _WHOSE else VALUES[field.type]),)
        for name, field in FIELDS[kind].items()
    ]
    keys = ["_lastUpdated", *(["date"] if kind in SORTED_BY_DATE else [])]
    asked += [(("_sort", sign + key),) for key in keys for sign in ("", "-")]
    asked += [(("_total", "accurate"),), (("_summary", "count"),)]
    for each in asked:
        yield each
        if whose and each and each[0][0] not in ("patient", "subject"):
            yield (*whose, *each)


def ask(
    session: Session, kind: str, query: Query, *, now: datetime, caller: Caller = SYSTEM
) -> bytes:
    """Return the answer to a search; "" where it is refused as too costly.

    It is audited as of a moment after what it looks at, so that what was asked before, which is
    a row of the audit for each, is no part of what is read.
    """
    place = Place("http://bench/fhir", UTC, now)
    criteria = read_search(kind, query, place, strict=True)
    if not isinstance(criteria, Criteria):
        raise TypeError(f"{kind}: {criteria}")
    with suppress(RefusedSearchError):
        asked = Asked(query, place, "bench", now + timedelta(seconds=1), asof=now)
        return search(session, caller, criteria, asked)
    return b""


@dataclass(frozen=True, slots=True)
class Tried:
    """One form: how long it took each time, and what the last time read."""

    name: str
    seconds: tuple[float, ...]
    reads: Reads
    refused: bool = False
    scanned: frozenset[str] = frozenset()

    @property
    def median(self) -> float:
        """Return the median time."""
        return statistics.median(self.seconds)

    def exceeds(self) -> list[str]:
        """Return the names of the limits that it does not keep."""
        measured = {
            f"{MOST_SECONDS:g} s": self.median > MOST_SECONDS,
            f"{MOST_ROWS} rows": self.reads.rows > MOST_ROWS,
            f"{MOST_BLOCKS} blocks": self.reads.blocks > MOST_BLOCKS,
            "no table from end to end": bool(self.scanned),
        }
        return [limit for limit, passed in measured.items() if passed]

    def line(self) -> str:
        """Return it as a line of the table."""
        how = "  refused: too costly" if self.refused else ""
        how += "".join(f"  EXCEEDS {limit}" for limit in self.exceeds())
        how += "".join(f"\n    reads throughout {each[:200]}" for each in sorted(self.scanned))
        median, worst = (each * 1000 for each in (self.median, max(self.seconds)))
        read = f"{self.reads.rows:9,} {self.reads.handed:8,} {self.reads.blocks:9,}"
        return f"{median:8.1f} {worst:8.1f} {read}  {self.name}{how}"


@dataclass(frozen=True, slots=True)
class Bench:
    """A filled database, and who asks it."""

    database: Database
    stock: Stock
    caller: Caller

    @contextmanager
    def reader(self) -> Iterator[Session]:
        """Open a transaction behind the second wall, where the caller has one."""
        with self.database.transaction() as session:
            raise_wall(session, self.caller)
            yield session

    def forms(self) -> Iterator[tuple[str, int]]:
        """Yield every documented form by its kind and number."""
        for kind in FIELDS:
            for number, _ in enumerate(questions(kind, self.stock.patients[0])):
                yield kind, number

    def try_form(self, kind: str, number: int) -> Tried:
        """Ask one form about each patient in turn, and then watch it."""
        times: list[float] = []
        asked = [list(questions(kind, each))[number] for each in self.stock.patients]
        for query in asked:
            with self.reader() as session:
                times.append(self._timed(session, kind, query)[0])
        with self.reader() as session:
            watched = Watched(session.connection())
            watched.reads()
            answer = self._timed(session, kind, asked[-1])[1]
            reads = watched.reads()
            scanned = frozenset(watched.scanned())
        said = "&".join(f"{n}=…" if n in _WHOSE else f"{n}={v}" for n, v in asked[-1])
        return Tried(f"{kind}?{said}", tuple(times), reads, not answer, scanned)

    def try_everything(self) -> Tried:
        """Ask for all that is known of each patient."""
        place = Place("http://bench/fhir", UTC, self.stock.until)
        asked = Asked((), place, "bench", self.stock.until, asof=self.stock.until)
        times = []
        for patient in self.stock.patients:
            with self.reader() as session:
                watched = Watched(session.connection())
                watched.reads()
                started = time.perf_counter()
                everything(session, self.caller, patient, asked)
                times.append(time.perf_counter() - started)
                reads = watched.reads()
        return Tried("Patient/…/$everything", tuple(times), reads)

    def _timed(self, session: Session, kind: str, query: Query) -> tuple[float, bytes]:
        started = time.perf_counter()
        answer = ask(session, kind, query, now=self.stock.until, caller=self.caller)
        return time.perf_counter() - started, answer


def measure(bench: Bench) -> None:
    """Print a line for each form, then how many exceed a limit."""
    print("  median    worst      rows   handed    blocks  (ms; what PostgreSQL read)")
    tried = []
    for kind, number in bench.forms():
        tried.append(bench.try_form(kind, number))
        print(tried[-1].line(), flush=True)
    tried.append(bench.try_everything())
    print(tried[-1].line())
    late = [each for each in tried if each.exceeds()]
    middle = statistics.median(each.median for each in tried) * 1000
    print(f"{len(tried)} searches; median of medians {middle:.1f} ms")
    print(f"{len(late)} exceed {MOST_SECONDS:g} s, {MOST_ROWS} rows or {MOST_BLOCKS} blocks")


def _filled(owner: Database, rows: int) -> Stock:
    """Return what lies in a database, filled now if nothing does."""
    with owner.transaction() as session:
        there = tuple(session.scalars(text("select id from patient order by created_at, id")))
        if there:
            return Stock(there, utc_now())
        stock = fill(session, rows, until=utc_now())
    with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
        line.execute(text("vacuum analyze"))
    return stock


def main(arguments: Sequence[str] = ()) -> None:
    """Start a database of its own, fill it, and ask every search."""
    parser = argparse.ArgumentParser(prog="bench search", description=__doc__)
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--bound", type=int, default=0, help="people for whom the client speaks")
    parser.add_argument("--data", type=Path, help="a directory in which the database is kept")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(environment=Environment.TEST, data=given.data or Path(name))
        with servers(settings, broker=False) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            owner = Database(running.migration_database_url, field_keys=running.field_keys)
            stock, caller = _filled(owner, int(given.rows)), SYSTEM
            if given.bound:
                with owner.transaction() as session:
                    whose = stock.patients[: given.bound]
                    caller = bound_client(session, whose, now=stock.until)
            owner.close()
            few = replace(stock, patients=stock.patients[: given.bound or given.repeats])
            few = replace(few, patients=few.patients[: given.repeats])
            who = f"a client that speaks for {given.bound}" if given.bound else "the program itself"
            print(f"searches on {int(given.rows):,} Observations, asked by {who}:", flush=True)
            database = Database(running.database_url, field_keys=running.field_keys)
            measure(Bench(database, few, caller))
            database.close()


if __name__ == "__main__":
    main()
