"""How fast the inbox answers: 200 people with an alert each, and 10,000 open alerts (UX-18)."""

from __future__ import annotations

import argparse
import gzip
import json
import re
import statistics
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text

import app.migrate
import app.pages.router
from alerts.policy import freeze
from alerts.service import load_policy
from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.database import Database
from core.embedded import Servers, servers
from core.sealed_fields import seal
from core.security import Role
from core.settings import Environment, Settings
from ingest.tables import (
    CareTeam,
    CareTeamParticipant,
    CareTeamPatient,
    Condition,
    Patient,
    Practitioner,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
BASE = "http://127.0.0.1:8000"
PASSWORD = "a long password of the bench"  # noqa: S105 (of a database that is thrown away)
FAMILIES = ("Kim", "Lee", "Park", "Choi", "Jung", "Kang", "Cho", "Yoon", "Jang", "Lim", "Han")
GIVEN = ("Malsun", "Sooja", "Insuk", "Taesik", "Jonggil", "Yeonghui", "Dahye", "Chunja", "Okja")
CONDITIONS = ("I50.9", "N18.30", "E11.9", "J44.9", "I10", "I48.91", "I25.10")
PROBLEMS = ["breathing", "fluid", "rhythm", "glucose", "infection"]
_READINGS = """
insert into reading (patient_id, vital, value, quality, effective, received_at, precision, device,
                     value_received, unit_received, resource_id, resource_version, history, ordinal,
                     roll, comparator, superseded, site)
select p, 'spo2', 95 + (n + ascii(p::text)) % 4, 'scored',
       cast(:now as timestamptz) - n * interval '12 hours',
       cast(:now as timestamptz) - n * interval '12 hours', 'instant', 'd', '95', '%', p, 1,
       false, 0, null, '', false, ''
from unnest(cast(:people as uuid[])) p, generate_series(1, 60) n
"""
_ALERTS = """
insert into alert (id, patient_id, problem, severity, state, version, fence, started_at,
                   last_seen_at, last_found_at, opened_at, policy_hash, policy)
select md5(p::text || problem)::uuid, p, problem,
       (array['AMBER', 'YELLOW', 'RED', 'YELLOW'])[1 + abs(hashtext(p::text || problem)) % 4],
       'open', 1, 0, :now, :now, :now, :now,
       '', cast(:policy as jsonb)
from unnest(cast(:people as uuid[])) p, unnest(cast(:problems as text[])) problem
"""
_FINDINGS = """
insert into alert_finding (id, alert_id, assessment_id, rule_id, severity, at, seen_at, sentence,
                           source, confidence, vital, value, "limit", evidence, missing, confirmed,
                           back_in_range)
select md5(id || 'f')::uuid, id, id, 'SPO2-CRIT', severity, :now, :now,
       'SpO2 90 %, usual 94 to 97', '', '', 'spo2', 86 + abs(hashtext(id::text)) % 6, 91, '[]',
       '[]', true, false
from alert
"""
# The ceiling: what the page is made of, read bare: all that is open, and its people and curves.
_OPEN = """
select id, patient_id, problem, severity, state, version, opened_at, owner_id, claimed_by
from alert where state <> 'resolved'
"""
_ON_PAGE = """
select a.*, f.*, p.name, r.effective, r.value
from (select distinct on (patient_id) * from alert order by patient_id, severity limit 200) a
join alert_finding f on f.alert_id = a.id join patient p on p.id = a.patient_id
join reading r on r.patient_id = a.patient_id and r.vital = 'spo2'
    and r.effective > now() - interval '14 days'
"""


def main(arguments: list[str]) -> None:
    """Print server times and the bytes that are sent."""
    parser = argparse.ArgumentParser(prog="bench inbox")
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args(arguments).repeats
    for people, problems in ((200, 1), (2_000, 5)):
        page, rows, kilobytes = measured(people, PROBLEMS[:problems], repeats)
        print(
            f"inbox, {people * problems:,} open alerts of {people:,} people: median {page:.0f} ms,"
            f" its rows alone {rows:.0f} ms ({page / rows:.1f} x);"
            f" {kilobytes:.0f} KB sent, compressed"
        )


def measured(people: int, problems: list[str], repeats: int) -> tuple[float, float, float]:
    """Return the medians of a page and of its rows alone, and what is sent of it compressed."""
    with stocked(lambda session: fill(session, people, problems)) as (database, client):

        def rows() -> None:
            with database.transaction() as session:
                for each in (_OPEN, _ON_PAGE):
                    session.execute(text(each)).all()

        answer = client.get("/inbox")
        answer.raise_for_status()
        ceiling = timed(rows, repeats)
        page = timed(lambda: client.get("/inbox"), repeats)
    return page, ceiling, len(gzip.compress(answer.content, 4)) / 1000


def timed(what: Callable[[], object], repeats: int) -> float:
    """Return the median time of a call, in milliseconds."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        what()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


class Served(NamedTuple):
    """A database that was filled just now, never analysed, and a physician's browser."""

    running: Servers
    database: Database
    client: TestClient


@contextmanager
def stocked(filling: Callable[[Session], object]) -> Iterator[tuple[Database, TestClient]]:
    """Yield the database and the browser."""
    with served(filling) as at:
        yield at.database, at.client


@contextmanager
def served(filling: Callable[[Session], object]) -> Iterator[Served]:
    """Yield them with their servers."""
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
            yield Served(running, database, _entered(database, settings))
            database.close()


def fill(session: Session, people: int, problems: list[str]) -> list[UUID]:
    """Store people of one team with readings and an open alert of each problem; return who."""
    now, who, team = utc_now(), uuid4(), uuid4()
    name = seal(session, Practitioner.name, "Dr Bench", id=who)
    email = seal(session, Practitioner.email, "", id=who)
    session.add_all([Practitioner(id=who, name=name, email=email), CareTeam(id=team, name="Bench")])
    session.flush()
    session.add(CareTeamParticipant(care_team_id=team, practitioner_id=who, role="physician"))
    patients = fill_people(session, people)
    session.add_all(CareTeamPatient(care_team_id=team, patient_id=each) for each in patients)
    user = NewUser("bench", "Dr Bench", PASSWORD, Role.PHYSICIAN, practitioner_id=who)
    create_user(session, user, now=now)
    session.flush()
    policy = json.dumps(freeze(load_policy()))
    facts = {"people": patients, "problems": problems, "now": now - timedelta(hours=1)}
    facts |= {"policy": policy}
    for statement in (_READINGS, _ALERTS, _FINDINGS):
        session.execute(text(statement), facts)
    return patients


def fill_people(session: Session, people: int) -> list[UUID]:
    """Store people with their conditions; return who."""
    patients = [uuid4() for _ in range(people)]
    session.add_all(_patient(session, each, number) for number, each in enumerate(patients))
    session.flush()
    for number, each in enumerate(patients):
        session.add_all(_conditions(each, number))
    return patients


def _patient(session: Session, each: UUID, number: int) -> Patient:
    family, given = FAMILIES[number % len(FAMILIES)], GIVEN[number % len(GIVEN)]
    name = seal(session, Patient.name, f"{family} {given} {number}", id=each)
    born = seal(session, Patient.birth_date, f"{1931 + number % 29}-04-01", id=each)
    sex = ("female", "male")[number % 2]
    return Patient(id=each, name=name, birth_date=born, sex=sex, created_at=utc_now())


def _conditions(each: UUID, number: int) -> list[Condition]:
    """Return two or three conditions that differ from one person to the next."""
    codes = {CONDITIONS[(number + step * step) % len(CONDITIONS)] for step in range(2 + number % 2)}
    return [
        Condition(patient_id=each, codes=[[ICD10, code]], clinical_status="active")
        for code in sorted(codes)
    ]


def _entered(database: Database, settings: Settings) -> TestClient:
    web = FastAPI()
    app.pages.router.mount(web, database, settings)
    client = TestClient(web, base_url=BASE)
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
    token = found[1] if found else ""
    fields = {"username": "bench", "password": PASSWORD, "csrf": token}
    client.post("/sign-in", data=fields).raise_for_status()
    return client
