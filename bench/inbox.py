"""How fast the inbox answers: 200 people with an alert each, and 10,000 open alerts (UX-18)."""

from __future__ import annotations

import argparse
import gzip
import re
import statistics
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text

import app.migrate
import app.pages
from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.sealed_fields import seal
from core.security import Role
from core.settings import Environment, Settings
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient, Patient, Practitioner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

BASE = "http://127.0.0.1:8000"
PASSWORD = "a long password of the bench"  # noqa: S105 (of a database that is thrown away)
PROBLEMS = ["breathing", "fluid", "rhythm", "glucose", "infection"]
_READINGS = """
insert into reading (patient_id, vital, value, quality, effective, received_at, precision, device,
                     value_received, unit_received, resource_id, resource_version, history, ordinal,
                     roll, comparator, superseded, site)
select p, 'spo2', 95 + n % 3, 'scored', cast(:now as timestamptz) - n * interval '12 hours',
       cast(:now as timestamptz) - n * interval '12 hours', 'instant', 'd', '95', '%', p, 1,
       false, 0, null, '', false, ''
from unnest(cast(:people as uuid[])) p, generate_series(1, 60) n
"""
_ALERTS = """
insert into alert (id, patient_id, problem, severity, state, version, fence, started_at,
                   last_seen_at, last_found_at, opened_at, policy_hash, policy)
select md5(p::text || problem)::uuid, p, problem, 'AMBER', 'open', 1, 0, :now, :now, :now, :now,
       '', '{}'
from unnest(cast(:people as uuid[])) p, unnest(cast(:problems as text[])) problem
"""
_FINDINGS = """
insert into alert_finding (id, alert_id, assessment_id, rule_id, severity, at, seen_at, sentence,
                           source, confidence, vital, value, "limit", evidence, missing, confirmed,
                           back_in_range)
select md5(id || 'f')::uuid, id, id, 'SPO2-CRIT', severity, :now, :now,
       'SpO2 90 %, usual 94 to 97', '', '', 'spo2', 90, 91, '[]', '[]', true, false
from alert
"""


def main(arguments: list[str]) -> None:
    """Print server times and the bytes that are sent."""
    parser = argparse.ArgumentParser(prog="bench inbox")
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args(arguments).repeats
    for people, problems in ((200, 1), (2_000, 5)):
        milliseconds, kilobytes = measured(people, PROBLEMS[:problems], repeats)
        print(
            f"inbox, {people * problems:,} open alerts of {people:,} people:"
            f" median {milliseconds:.0f} ms, {kilobytes:.0f} KB sent"
        )


def measured(people: int, problems: list[str], repeats: int) -> tuple[float, float]:
    """Return the median of a page's server time, and what is sent of it compressed."""
    with stocked(lambda session: fill(session, people, problems)) as (_, client):
        milliseconds = timed(lambda: client.get("/inbox"), repeats)
        answer = client.get("/inbox")
        answer.raise_for_status()
    return milliseconds, len(gzip.compress(answer.content, 4)) / 1000


def timed(what: Callable[[], object], repeats: int) -> float:
    """Return the median time of a call, in milliseconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        what()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


@contextmanager
def stocked(filling: Callable[[Session], object]) -> Iterator[tuple[Database, TestClient]]:
    """Yield a database that was filled and analysed, and the browser of a physician."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as data:
        settings = Settings(
            environment=Environment.DEVELOPMENT,
            data=Path(data),
            secret_key=SecretStr("k" * 40),
            base_url=BASE,
        )
        with servers(settings) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            database = Database(running.database_url, field_keys=running.field_keys)
            with database.transaction() as session:
                filling(session)
            owner = Database(running.migration_database_url)
            with owner.transaction() as session:
                session.execute(text("analyze"))  # as the server's own housekeeping does
            owner.close()
            yield database, _entered(database, settings)
            database.close()


def fill(session: Session, people: int, problems: list[str]) -> list[UUID]:
    """Store people of one team with readings and an open alert of each problem; return who."""
    now, who, team = utc_now(), uuid4(), uuid4()
    name = seal(session, Practitioner.name, "Dr Bench", id=who)
    email = seal(session, Practitioner.email, "", id=who)
    session.add_all([Practitioner(id=who, name=name, email=email), CareTeam(id=team, name="Bench")])
    session.flush()
    session.add(CareTeamParticipant(care_team_id=team, practitioner_id=who, role="physician"))
    patients = [uuid4() for _ in range(people)]
    session.add_all(_patient(session, each, number) for number, each in enumerate(patients))
    session.flush()
    session.add_all(CareTeamPatient(care_team_id=team, patient_id=each) for each in patients)
    user = NewUser("bench", "Dr Bench", PASSWORD, Role.PHYSICIAN, practitioner_id=who)
    create_user(session, user, now=now)
    session.flush()
    facts = {"people": patients, "problems": problems, "now": now - timedelta(hours=1)}
    for statement in (_READINGS, _ALERTS, _FINDINGS):
        session.execute(text(statement), facts)
    return patients


def _patient(session: Session, each: UUID, number: int) -> Patient:
    name = seal(session, Patient.name, f"Person {number}", id=each)
    born = seal(session, Patient.birth_date, "1946-04-01", id=each)
    return Patient(id=each, name=name, birth_date=born, created_at=utc_now())


def _entered(database: Database, settings: Settings) -> TestClient:
    web = FastAPI()
    app.pages.mount(web, database, settings)
    client = TestClient(web, base_url=BASE)
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    token = found[1] if found else ""
    fields = {"username": "bench", "password": PASSWORD, "csrf": token}
    client.post("/sign-in", data=fields).raise_for_status()
    return client
