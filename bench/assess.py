"""Times the judgement of a whole population against merely loading its rows (PERF: assess).

`make bench ARGS="assess --patients 200"`: 90 days of eight signals each; medians of repeats,
each step in turn within one run.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import text

import app.migrate
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.settings import Environment, Settings
from core.slices import SIZE
from ingest.rolling import service as rolling
from ingest.tables import Condition, Patient
from monitoring import service
from monitoring.reach import READ_BACK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

DAYS = 90
DAY = timedelta(days=1)
# vital, centre, day-to-day spread, decimals (evidence.md 8.2)
SIGNALS = (
    ("body_weight", 78.0, 0.5, 1),
    ("systolic_bp", 132.0, 11.0, 0),
    ("diastolic_bp", 76.0, 7.0, 0),
    ("heart_rate", 72.0, 5.5, 0),
    ("spo2", 96.0, 0.8, 0),
    ("respiratory_rate", 16.0, 1.5, 0),
    ("body_temperature", 36.5, 0.2, 1),
    ("glucose", 135.0, 30.0, 0),
)
_FILL = """
insert into reading (patient_id, effective, resource_id, received_at, value, resource_version,
    ordinal, history, superseded, vital, device, quality, precision, comparator, value_received,
    unit_received)
select patient, at, gen_random_uuid(), at + interval '20 seconds',
    round((:centre + :spread * (random() + random() + random() - 1.5) * 2)::numeric, :decimals),
    1, 0, false, false, :vital, 'd', 'scored', 'instant', '', '', ''
from unnest(cast(:patients as uuid[])) patient,
    generate_series(cast(:first as int), cast(:last as int)) day,
    lateral (select cast(:until as timestamptz) - day * interval '1 day'
             + random() * interval '40 minutes' as at) taken
"""
_WORN = """
insert into reading (patient_id, effective, resource_id, received_at, value, resource_version,
    ordinal, history, superseded, vital, device, quality, precision, comparator, value_received,
    unit_received)
select patient, at, gen_random_uuid(), at + interval '2 seconds',
    round((72 + 11 * (random() + random() + random() - 1.5))::numeric),
    1, 0, false, false, 'heart_rate', 'watch', 'scored', 'instant', '', '', ''
from unnest(cast(:patients as uuid[])) patient,
    generate_series(cast(:first as int), cast(:last as int)) minute,
    lateral (select cast(:until as timestamptz) - minute * interval '1 minute' as at) taken
"""
# What a judgement needs of a reading; nothing is made of it here.
_LOAD = """
select patient_id, vital, value, effective, received_at, quality, until, local_day, precision,
    comparator, device, history, resource_id, resource_version, ordinal
from reading where patient_id = any(cast(:patients as uuid[])) and effective >= :since
    and not superseded and quality <> 'withdrawn'
order by patient_id, effective
"""


def enrol(session: Session, patients: int, *, until: datetime) -> list[UUID]:
    """Store people with heart failure or diabetes; return their ids."""
    people = [Patient(id=uuid4(), created_at=until - timedelta(days=DAYS)) for _ in range(patients)]
    session.add_all(people)
    session.flush()
    ids = [each.id for each in people]
    for number, each in enumerate(ids):
        code = ("I50.9", "E11.9")[number % 2]
        session.add(
            Condition(
                id=uuid4(),
                patient_id=each,
                codes=[["http://hl7.org/fhir/sid/icd-10", code]],
                clinical_status="active",
                verification_status="confirmed",
            )
        )
    return ids


def measured(session: Session, patients: Sequence[UUID], *, days: range, until: datetime) -> None:
    """Store one reading a day of each signal, so many days ago."""
    for vital, centre, spread, decimals in SIGNALS:
        session.execute(
            text(_FILL),
            {
                "patients": list(patients),
                "first": days[0],
                "last": days[-1],
                "until": until,
                "vital": vital,
                "centre": centre,
                "spread": spread,
                "decimals": decimals,
            },
        )


def worn(session: Session, patients: Sequence[UUID], *, days: range, until: datetime) -> None:
    """Store a heart rate of each minute of these days, by a watch."""
    first, last = days[-1] * 1440, (days[0] - 1) * 1440
    span = {"patients": list(patients), "first": last, "last": first - 1, "until": until}
    session.execute(text(_WORN), span)


def fill(database: Database, patients: int, *, until: datetime, watch: bool = False) -> list[UUID]:
    """Store 90 days of readings, all but the last of them judged: what every day finds.

    With a `watch`, the last day is judged as it goes, but for its last quarter of an hour, and
    the days that are over are rolled up, as the worker does.
    """
    with database.transaction() as session:
        ids = enrol(session, patients, until=until)
        measured(session, ids, days=range(2, DAYS + 1), until=until)
        if watch:
            worn(session, ids, days=range(1, DAYS + 1), until=until)
            for each in ids:
                rolling.roll_up(session, each, since=until - READ_BACK, now=until)
        one_by_one(session, ids, now=until - timedelta(minutes=15) if watch else until - DAY)
    with database.transaction() as session:
        measured(session, ids, days=range(1, 2), until=until)
    return ids


def load(session: Session, patients: Sequence[UUID], *, now: datetime) -> int:
    """Fetch the rows of many people in one query: what a judgement is compared with."""
    since = now - READ_BACK
    return len(session.execute(text(_LOAD), {"patients": list(patients), "since": since}).all())


def one_by_one(session: Session, patients: Sequence[UUID], *, now: datetime) -> int:
    """Judge people each by their own queries: what the arrival of a reading costs."""
    for each in patients:
        service.assess(session, each, now=now, rulebook=RULES, model=MODEL)
    return len(patients)


def together(session: Session, patients: Sequence[UUID], *, now: datetime) -> int:
    """Judge people in batches, as the quarter-hourly round does."""
    for first in range(0, len(patients), SIZE):
        batch = patients[first : first + SIZE]
        service.assess_all(session, batch, now=now, rulebook=RULES, model=MODEL)
    return len(patients)


RULES, MODEL = service.load_site_rules(), service.load_model()
STEPS: dict[str, Callable[..., int]] = {
    "loading the rows": load,
    "one by one": one_by_one,
    "in batches": together,
}


def measure(
    database: Database, patients: Sequence[UUID], *, repeats: int, now: datetime
) -> dict[str, float]:
    """Return the median seconds of each step, tried in turn; nothing is kept of a judgement."""
    taken: dict[str, list[float]] = {name: [] for name in STEPS}
    for _ in range(repeats):
        for name, step in STEPS.items():
            with database.transaction() as session:
                started = time.perf_counter()
                step(session, patients, now=now)
                taken[name].append(time.perf_counter() - started)
                session.rollback()
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def main(arguments: Sequence[str] = ()) -> None:
    """Start a database of its own, fill it, and time each step."""
    parser = argparse.ArgumentParser(prog="bench assess")
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--watched", type=int, default=10)
    chosen = parser.parse_args(arguments)
    now = utc_now()
    with tempfile.TemporaryDirectory() as name:
        settings = Settings(environment=Environment.TEST, data=Path(name))
        with servers(settings, broker=False) as running:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
            owner = Database(running.migration_database_url, field_keys=running.field_keys)
            plain = fill(owner, chosen.patients, until=now)
            watched = fill(owner, chosen.watched, until=now, watch=True)
            with owner.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
                line.execute(text("vacuum analyze"))
            owner.close()
            database = Database(running.database_url, field_keys=running.field_keys)
            medians = measure(database, plain, repeats=chosen.repeats, now=now)
            few = measure(database, plain[: len(watched)], repeats=chosen.repeats, now=now)
            minutes = measure(database, watched, repeats=chosen.repeats, now=now)
            database.close()
    print(f"{chosen.patients} people, {DAYS} days of {len(SIGNALS)} signals:")
    shown(medians, chosen.patients, medians["loading the rows"])
    one = medians["loading the rows"] / chosen.patients * chosen.watched
    print(f"{chosen.watched} of them, to compare with: a batch of few costs more for each")
    shown(few, chosen.watched, one)
    print(f"{chosen.watched} people, the same with a heart rate of each minute, rolled up:")
    shown(minutes, chosen.watched, one)
    for name in ("one by one", "in batches"):
        print(f"{name:>20}: {minutes[name] / few[name]:5.2f} x those with one heart rate a day")


def shown(medians: Mapping[str, float], people: int, loading: float) -> None:
    """Print each step, and how often its time is that of loading one reading a day of each."""
    for name, seconds in medians.items():
        ratio = seconds / loading
        print(f"{name:>20}: {people / seconds:8.0f} people/s/core, {ratio:5.1f} x loading")


if __name__ == "__main__":
    main()
