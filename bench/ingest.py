"""Times the door: a Bundle of 1,000 new readings, and the same again as a repeat.

Beside it stands a ceiling from the same run: the same reading rows sent to a table of the
same form in one INSERT … SELECT, with nothing read, checked, archived or queued.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import text

import app.migrate
from app.commands.clients import make_key, register_client
from bench.replay import write_folder
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.security import Caller
from core.settings import Environment, Settings
from ingest import service
from ingest.answers import Answers

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

REPEATS = 5
ENTRIES = 1000
PATIENTS = 20
SCOPES = frozenset({"system/*.cruds"})


@dataclass(frozen=True, slots=True)
class Door:
    """A registered client at the door of a migrated database."""

    database: Database
    client: UUID

    def post(self, bundle: dict[str, Any]) -> tuple[float, Answers]:
        """Return the seconds from bytes to commit, and the answers."""
        raw = json.dumps(bundle).encode()
        started = time.perf_counter()
        with self.database.transaction() as session:
            caller = Caller("client", self.client, scopes=SCOPES)
            sender = service.sender_of(session, caller, base="", site_zone="UTC")
            answers = service.accept_bundle(session, sender, raw, now=utc_now())
        took = time.perf_counter() - started
        if not isinstance(answers, Answers) or any(each.refused for each in answers.entries):
            raise RuntimeError("the door refused the benchmark's Bundle")
        return took, answers

    def ceiling(self) -> float:
        """Return the seconds that the newest reading rows take as one statement."""
        rows = f"select jsonb_agg(r)::text from (select * from reading limit {ENTRIES}) r"  # noqa: S608 (a constant)
        with self.database.transaction() as session:
            newest = session.scalar(text(rows))
            form = "create temp table ceiling (like reading including all) on commit drop"
            session.execute(text(form))
            return _copy(session, str(newest))


def _copy(session: Session, rows: str) -> float:
    copy = "insert into ceiling select * from jsonb_populate_recordset(null::ceiling, :rows)"
    started = time.perf_counter()
    session.execute(text(copy.replace(":rows", "cast(:rows as jsonb)")), {"rows": rows})
    return time.perf_counter() - started


def _bundle(kind: str, resources: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [
        {"resource": each, "request": {"method": "POST", "url": each["resourceType"]}}
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def _readings(door: Door) -> list[dict[str, Any]]:
    """Enrol people of this round and return 1,000 readings of theirs."""
    days = ENTRIES // (PATIENTS * 6) + 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = utc_now() - timedelta(days=days)
        write_folder(folder, patients=PATIENTS, days=days, start=start)
        people, readings = (
            [json.loads(line) for line in (folder / f"{kind}.ndjson").open()]
            for kind in ("Patient", "Observation")
        )
    round_ = str(uuid4())
    for each in people:
        each["identifier"] = [{"system": f"urn:bench:{round_}", "value": each["id"]}]
    _, answers = door.post(_bundle("batch", people))
    ids = {p["id"]: str(a.id) for p, a in zip(people, answers.entries, strict=True)}
    for each in readings:
        name = each["subject"]["reference"].removeprefix("Patient/")
        each["subject"] = {"reference": f"Patient/{ids[name]}"}
    return readings[:ENTRIES]


def measure(door: Door, kind: str) -> None:
    """Print medians for one kind of Bundle, with the ceiling of the same run."""
    new, again, ceiling = [], [], []
    for _ in range(REPEATS):
        bundle = _bundle(kind, _readings(door))
        new.append(door.post(bundle)[0])
        again.append(door.post(bundle)[0])
        ceiling.append(door.ceiling())
    first, repeat, least = map(statistics.median, (new, again, ceiling))
    print(
        f"{kind} of {ENTRIES} readings: {first:.2f} s new, {repeat:.2f} s repeated; ceiling "
        f"{least:.3f} s, ratio {first / least:.0f} (medians of {REPEATS})"
    )


def main() -> None:
    """Start a database of its own, and measure batch and transaction."""
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(environment=Environment.TEST, data=Path(name))
        with servers(settings, broker=False) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            _, public = make_key()
            client = register_client(running.database_url, "bench", SCOPES, public)
            database = Database(running.database_url, field_keys=running.field_keys)
            for kind in ("batch", "transaction"):
                measure(Door(database, client), kind)
            database.close()


if __name__ == "__main__":
    main()
