"""What the weekly report costs: computing a team's week, its forms, and a night of many teams.

`make bench ARGS="report --people 200 --teams 8"`: teams of people with eight weeks of eight
signals, and alerts that were answered; each in turn with fetching the rows alone (the ceiling). A
night of 500 teams is extrapolated from as many as are stored, on one worker and on two.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from sqlalchemy import text

import app.migrate
from alerts.policy import freeze
from app.pages.door import Door, Visit
from app.pages.paper import report_on_paper
from app.pages.rendering import Renderer
from app.pages.site_policy import policy_of
from app.weekly_forms.fhir import fhir
from app.weekly_forms.pdf import STATIC, pdf
from app.weekly_forms.service import Form, Wanted, handed_out
from app.weekly_forms.table import csv
from bench.inbox import BASE, fill_people
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.security import SYSTEM
from core.settings import Environment, Settings
from ingest.tables import CareTeam, CareTeamPatient
from reports.week import Week

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from reports.service import TeamWeek

NIGHT = 500  # teams
GOAL = 5.0  # seconds for a team of 200
WEEKS = 8
_ENROLLED = """
update patient set created_at = cast(:now as timestamptz) - (:weeks + 1) * interval '7 days'
where id = any(cast(:people as uuid[]))
"""
_READINGS = """
insert into reading (patient_id, vital, value, quality, effective, received_at, precision, device,
                     value_received, unit_received, resource_id, resource_version, history, ordinal,
                     roll, comparator, superseded, site)
select p, vital, 90 + (n + ascii(p::text)) % 9, 'scored', at, at, 'instant', 'd', '95', '', p, 1,
       false, 0, null, '', false, ''
from unnest(cast(:people as uuid[])) p, generate_series(0, 7 * :weeks) n,
     unnest(array['spo2', 'heart_rate', 'systolic_bp', 'diastolic_bp', 'body_weight',
                  'body_temperature', 'respiratory_rate', 'glucose']) vital,
     lateral (select cast(:now as timestamptz) - n * interval '1 day'
                     - abs(hashtext(p::text || vital)) % 600 * interval '1 minute' as at) as taken
where abs(hashtext(p::text || n)) % 10 < 8
"""
_ALERTS = """
insert into alert (id, patient_id, problem, severity, state, version, fence, started_at,
                   last_seen_at, last_found_at, opened_at, closed_at, outcome, policy_hash, policy)
select md5(p::text || n)::uuid, p,
       (array['breathing', 'fluid', 'rhythm', 'glucose', 'infection'])[1 + n % 5],
       (array['AMBER', 'YELLOW', 'RED', 'YELLOW'])[1 + abs(hashtext(p::text || n)) % 4],
       'resolved', 1, 0, at, at, at, at, at + interval '20 hours',
       (array['true-actionable', 'true-no-action-needed', 'false-measurement', 'duplicate', null])
           [1 + abs(hashtext(n || p::text)) % 5], '', cast(:policy as jsonb)
from unnest(cast(:people as uuid[])) p, generate_series(0, :weeks * 2) n,
     lateral (select cast(:now as timestamptz) - n * interval '84 hours'
                     - abs(hashtext(p::text || n)) % 4000 * interval '1 minute' as at) as opened
"""
_FINDINGS = """
insert into alert_finding (id, alert_id, assessment_id, rule_id, severity, at, seen_at, sentence,
                           source, confidence, vital, value, "limit", evidence, missing, confirmed,
                           back_in_range)
select md5(id || 'f')::uuid, id, id, 'SPO2-CRIT', severity, opened_at, opened_at,
       'SpO2 90 %, usual 94 to 97', '', '', 'spo2', 86 + abs(hashtext(id::text)) % 6, 91, '[]',
       '[]', true, false
from alert where patient_id = any(cast(:people as uuid[]))
"""
_TAKEN = """
insert into alert_event (alert_id, at, kind, actor_kind, reason, before, after)
select id, opened_at + abs(hashtext(id::text)) % 300 * interval '1 minute', 'acknowledged',
       'user', '', '{}', '{}' from alert
"""
# The ceiling: what two weeks of a team are computed from, read bare.
_ROWS = (
    "select * from alert where patient_id = any(:people) and closed_at > :since",
    """select e.* from alert_event e join alert a on a.id = e.alert_id
       where a.patient_id = any(:people) and a.closed_at > :since""",
    """select patient_id, vital, effective, value, quality from reading
       where patient_id = any(:people) and effective > :since""",
)


_HELD = """
import resource, subprocess, sys
press = [sys.argv[1], "-W", "ignore", "-m", "app.weekly_forms.press", sys.argv[2]]
subprocess.run(press, stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Ready(NamedTuple):
    """What workers are given by being forked."""

    address: str
    keys: str
    settings: Settings
    now: datetime
    week: Week
    teams: dict[UUID, list[UUID]]  # the people of each


_ready: list[Ready] = []


@cache
def _database(process: int) -> Database:
    """Return this process's own connections."""
    _ = process
    return Database(_ready[0].address, field_keys=_ready[0].keys)


def rows_of(team: UUID) -> None:
    """Fetch what a team's week rests on, and make nothing of it."""
    ready = _ready[0]
    facts = {"people": ready.teams[team], "since": ready.week.shifted(-1).start}
    with _database(os.getpid()).transaction() as session:
        for each in _ROWS:
            session.execute(text(each), facts).all()


def computed(team: UUID) -> int:
    """Compute a team's week; return the most memory that this process had, in KB."""
    ready = _ready[0]
    with _database(os.getpid()).transaction() as session:
        handed_out(
            session,
            SYSTEM,
            Wanted(team, str(ready.week), Form.CSV),
            policy_of(ready.settings),
            now=ready.now,
        )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _week_of(session: Session, ready: Ready, team: UUID, form: Form) -> TeamWeek:
    wanted, policy = Wanted(team, str(ready.week), form), policy_of(ready.settings)
    found = handed_out(session, SYSTEM, wanted, policy, now=ready.now)
    assert found.report.patients == len(ready.teams[team])
    return found


def made(form: Form, team: UUID) -> str:
    """Compute a team's week and print it in a form, a PDF as the page that it is set from."""
    ready, database = _ready[0], _database(os.getpid())
    door = Door(database, ready.settings, Renderer(ready.settings))
    with database.transaction() as session:
        visit = Visit(session, SYSTEM, "", "", ready.now)
        found = handed_out(
            session,
            SYSTEM,
            Wanted(team, str(ready.week), form),
            policy_of(ready.settings),
            now=ready.now,
        )
        if form is Form.CSV:
            return csv(found)
        if form is Form.FHIR:
            return fhir(found, ready.settings, now=ready.now, language="en")
        return report_on_paper(door, visit, found)


def held(page: str) -> int:
    """Return the most memory, in KB, that the process held which set a page.

    Asked by a small process: one that is started counts the memory of whoever starts it.
    """
    done = subprocess.run(
        [sys.executable, "-c", _HELD, sys.executable, str(STATIC)],
        input=page.encode(),
        capture_output=True,
        check=True,
    )
    return int(done.stdout)


def seconds_of(work: Callable[[], object], repeats: int) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main(arguments: list[str]) -> None:
    """Print what one team costs in each form, and what a night of teams does."""
    parser = argparse.ArgumentParser(prog="bench report")
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--teams", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args(arguments)
    with TemporaryDirectory(ignore_cleanup_errors=True) as data:
        settings = Settings(
            environment=Environment.DEVELOPMENT,
            data=Path(data),
            secret_key=SecretStr("k" * 40),
            base_url=BASE,
        )
        with servers(settings, broker=False) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            database = Database(running.database_url, field_keys=running.field_keys)
            now = utc_now()
            with database.transaction() as session:
                teams = {uuid4(): fill(session, asked.people, now=now) for _ in range(asked.teams)}
                _join(session, teams)
            database.close()
            week = Week.of(now, zone=ZoneInfo(settings.site_timezone)).shifted(-1)
            keys = running.field_keys
            _ready.append(Ready(running.database_url, keys, settings, now, week, teams))
            _one(next(iter(teams)), asked.people, asked.repeats)
            for workers in (1, 2):
                _night([*teams], workers)


def _one(team: UUID, people: int, repeats: int) -> None:
    """Print what one team's week costs, each step in turn with its rows alone."""
    ceiling = seconds_of(partial(rows_of, team), repeats)
    whole = seconds_of(partial(computed, team), repeats)
    print(
        f"report, a team of {people}: computed in {whole:.2f} s (goal {GOAL:.0f} s), its rows"
        f" alone {ceiling:.2f} s ({whole / ceiling:.1f} x)"
    )
    for form in (Form.HTML, Form.CSV, Form.FHIR):
        seconds = seconds_of(partial(made, form, team), repeats)
        print(f"  as {form}, computing included: {seconds:.2f} s ({seconds / ceiling:.1f} x)")
    page = made(Form.PDF, team)
    printed = pdf(page)
    seconds = seconds_of(partial(pdf, page), repeats)
    most = held(page) / 1024
    print(
        f"  as pdf, from the page: {seconds:.2f} s ({seconds / ceiling:.1f} x), {len(printed):,}"
        f" bytes, its process held {most:.0f} MB at the most"
    )


def _night(teams: Sequence[UUID], workers: int) -> None:
    """Print what all stored teams take on so many workers, and what a night's would."""
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        list(pool.map(rows_of, teams))  # connections, and modules that are met for the first time
        started = time.perf_counter()
        memory = max(pool.map(computed, teams)) / 1024
        seconds = time.perf_counter() - started
    print(
        f"  {len(teams)} teams on {workers} workers: {seconds:.1f} s,"
        f" {seconds / len(teams):.2f} s a team, {memory:.0f} MB in a worker at the most;"
        f" {NIGHT} teams by that rate {seconds / len(teams) * NIGHT / 60:.1f} minutes"
    )


def fill(session: Session, people: int, *, now: datetime) -> list[UUID]:
    """Store people with their readings and alerts; return who."""
    patients = fill_people(session, people)
    policy = json.dumps(freeze(policy_of(Settings())))
    facts = {"people": patients, "now": now, "weeks": WEEKS, "policy": policy}
    for statement in (_ENROLLED, _READINGS, _ALERTS, _FINDINGS):
        session.execute(text(statement), facts)
    return patients


def _join(session: Session, teams: dict[UUID, list[UUID]]) -> None:
    session.add_all(CareTeam(id=team, name=f"Team {n}") for n, team in enumerate(teams, 1))
    session.flush()
    for team, patients in teams.items():
        session.add_all(CareTeamPatient(care_team_id=team, patient_id=each) for each in patients)
    session.flush()
    session.execute(text("update patient_stay set since = null"))  # they are no newcomers
    session.execute(text(_TAKEN))
