"""Times every documented search on a million rows: the median and the worst of each (SEC-37).

Of each it says too which large table its statements read from end to end, if any.

`make bench ARGS="search --rows 1e7"` tries it on ten million.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

import app.migrate
from app.fhir_api.everything import everything
from app.fhir_api.service import Asked, RefusedSearchError, search
from bench.scans import Watched
from bench.stock import fill
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.security import SYSTEM
from core.settings import Environment, Settings
from fhir.search_criteria import Criteria, Place
from fhir.search_fields import FIELDS, PATIENT_FIELDS, SORTED_BY_DATE
from fhir.search_parameters import read_search

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from bench.stock import Stock

REPEATS = 5
LATE_SECONDS = 1.0
VALUES = {
    "token": "http://loinc.org|8867-4",
    "date": "ge2026",
    "quantity": "gt100||/min",
    "reference": "Device/none",
    "uri": "urn:none",
    "canonical": "urn:none",
}
Query = tuple[tuple[str, str], ...]


def questions(kind: str, patient: UUID) -> Iterator[Query]:
    """Yield every documented search of a kind, each parameter with and without a patient."""
    whose = (("patient", str(patient)),) if "patient" in PATIENT_FIELDS[kind] else ()
    asked: list[Query] = [()]
    asked += [
        ((name, str(patient) if name in ("patient", "subject", "_id") else VALUES[field.type]),)
        for name, field in FIELDS[kind].items()
    ]
    keys = ["_lastUpdated", *(["date"] if kind in SORTED_BY_DATE else [])]
    asked += [(("_sort", sign + key),) for key in keys for sign in ("", "-")]
    asked += [(("_total", "accurate"),), (("_summary", "count"),)]
    for each in asked:
        yield each
        if whose and each and each[0][0] not in ("patient", "subject"):
            yield (*whose, *each)


def ask(session: Session, kind: str, query: Query, *, now: datetime) -> bytes:
    """Return the answer to a search; "" where it is refused as too costly."""
    place = Place("http://bench/fhir", UTC, now)
    criteria = read_search(kind, query, place, strict=True)
    if not isinstance(criteria, Criteria):
        raise TypeError(f"{kind}: {criteria}")
    with suppress(RefusedSearchError):
        return search(session, SYSTEM, criteria, Asked(query, place, "bench", now, asof=now))
    return b""


def measure(database: Database, stock: Stock, repeats: int) -> None:
    """Print the median and the worst time of each search, and what it read from end to end."""
    few = replace(stock, patients=stock.patients[:repeats])
    forms = [
        (kind, number)
        for kind in FIELDS
        for number, _ in enumerate(questions(kind, stock.patients[0]))
    ]
    timed = [_measure(database, few, kind, number) for kind, number in forms]
    scanning = [each for each, scanned in timed if scanned]
    late = sum(each > LATE_SECONDS for each, _ in timed)
    print(f"{len(forms)} searches; median of medians {_ms([each for each, _ in timed])}")
    print(f"{late} with a median over {LATE_SECONDS:g} s; {len(scanning)} read a table throughout")
    _measure_everything(database, few)


def _measure(database: Database, stock: Stock, kind: str, number: int) -> tuple[float, set[str]]:
    times: list[float] = []
    answer, query = b"", next(questions(kind, stock.patients[0]))
    for patient in stock.patients:
        query = list(questions(kind, patient))[number]
        with database.transaction() as session:
            started = time.perf_counter()
            answer = ask(session, kind, query, now=stock.until)
            times.append(time.perf_counter() - started)
    with database.transaction() as session:
        watched = Watched(session.connection())
        ask(session, kind, query, now=stock.until)
        scanned = watched.scanned()
    said = "&".join(f"{n}=…" if n in _WHOSE else f"{n}={v}" for n, v in query)
    how = "" if answer else "  (refused: too costly)"
    how += "".join(f"\n    reads throughout {each[:200]}" for each in sorted(scanned))
    print(f"{_ms(times)}, worst {max(times) * 1000:8.1f} ms  {kind}?{said}{how}", flush=True)
    return statistics.median(times), scanned


def _ms(times: Sequence[float]) -> str:
    return f"{statistics.median(times) * 1000:8.1f} ms"


_WHOSE = ("patient", "subject", "_id")


def _measure_everything(database: Database, stock: Stock) -> None:
    place = Place("http://bench/fhir", UTC, stock.until)
    asked = Asked((), place, "bench", stock.until, asof=stock.until)
    times = []
    for patient in stock.patients:
        with database.transaction() as session:
            started = time.perf_counter()
            everything(session, SYSTEM, patient, asked)
            times.append(time.perf_counter() - started)
    print(f"{_ms(times)}, worst {max(times) * 1000:8.1f} ms  Patient/…/$everything")


def main(arguments: Sequence[str] = ()) -> None:
    """Start a database of its own, fill it, and time every search."""
    parser = argparse.ArgumentParser(prog="bench search")
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    given = parser.parse_args(arguments)
    rows = int(given.rows)
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(environment=Environment.TEST, data=Path(name))
        with servers(settings, broker=False) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            owner = Database(running.migration_database_url, field_keys=running.field_keys)
            with owner.transaction() as session:
                stock = fill(session, rows, until=utc_now())
            with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
                line.execute(text("analyze"))
            owner.close()
            print(
                f"searches on {rows} Observations, median and worst of {given.repeats}:", flush=True
            )
            database = Database(running.database_url, field_keys=running.field_keys)
            measure(database, stock, given.repeats)
            database.close()


if __name__ == "__main__":
    main()
