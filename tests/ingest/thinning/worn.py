"""Who wears a watch or a sensor that speaks each few minutes, long ago and lately."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import select

from core.vitals import Vital
from ingest import repository as people
from ingest.enrolment import Person
from ingest.rolling.service import roll_up
from ingest.tables import Patient
from ingest.thinning.repository import Asked
from ingest.thinning.service import thin
from monitoring import judgement, windows
from tests.ingest.summing.lives import NOW, nobody, rows_of
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.vitals import Reading
    from ingest.summing.service import Named
    from ingest.tables import StoredReading
    from monitoring.findings import Assessment
    from tests.ingest.summing.lives import Event

DAY = timedelta(days=1)
BACK = timedelta(days=118)  # what a judgement reads
BEFORE = NOW - timedelta(days=120)
ZONE = "Asia/Kolkata"  # whose days begin within an hour of UTC
LATE = (timedelta(days=1), timedelta(days=30))
# Midnight in Kolkata, half past an hour of UTC: three days that no judgement reads any more.
START = (NOW - 125 * DAY).replace(hour=18, minute=30)


def pulse(start: datetime, days: float, *, seed: int, every: int = 5) -> list[Event]:
    """Return a heart rate each few minutes, far out of the usual for half an hour a day."""
    random = np.random.default_rng(seed)
    count = int(days * 1440 / every)
    values = np.round(random.normal(71, 4, count))
    for at in range(40, count, 1440 // every):
        values[at : at + 6] += 65
    times = (start + n * timedelta(minutes=every) for n in range(count))
    return [(Vital.HEART_RATE, *each, "watch") for each in zip(times, values.tolist(), strict=True)]


def roll(session: Session, patient: UUID) -> None:
    session.expire_all()
    assert roll_up(session, patient, since=NOW - 300 * DAY, now=NOW)


def asked(session: Session, patient: UUID, before: datetime = BEFORE) -> Asked:
    """Ask for one person: of whom else the database knows, nothing is touched."""
    others = session.scalars(select(Patient.id).where(Patient.id != patient)).all()
    return Asked(before, others, LATE)


def thinned(session: Session, wanted: Asked, *, most: int = 5000, named: Named = nobody) -> int:
    """Thin all that is over, step by step; return how many readings went."""
    gone = 0
    while True:
        done = thin(session, wanted, named, most=most)
        gone += done.rows
        if not done.more:
            session.expire_all()
            return gone


def loaded(session: Session, patient: UUID) -> list[Reading]:
    """Return what trends, judgements and reports read of a year."""
    session.expire_all()
    return people.readings(session, patient, since=NOW - 365 * DAY)


def judged(session: Session, patient: UUID, instants: Sequence[datetime]) -> list[Assessment]:
    """Return what is judged at each instant, of all that is read for it."""
    somebody = Person("p", ZONE, groups=frozenset({"heart_failure", "copd", "diabetes"}))
    found: list[Assessment] = []
    for at in instants:
        known = people.readings(session, patient, since=at - BACK)
        past = windows.history(somebody, [r for r in known if r.effective <= at])
        points = judgement.points_after(past, [(at - DAY).timestamp()], now=at.timestamp())
        found.append(judgement.judge(past, points, now=at, rulebook=RULEBOOK, model=None))
    return found


def glucose(folder: Path, *, start: datetime, within: timedelta) -> list[Event]:
    """Return what the sensor of one subject said, the one with the most readings.

    Their sensor spoke each quarter of an hour, which is no stream here: told each five minutes.
    """
    found: dict[str, list[tuple[datetime, float]]] = {}
    path = folder / "shanghai_diabetes" / "glucose_long.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["cgm_mg_dl"]:
                at = datetime.fromisoformat(row["datetime"]).replace(tzinfo=UTC)
                found.setdefault(row["record"], []).append((at, float(row["cgm_mg_dl"])))
    most = max(found.values(), key=len)
    told = {start + (at - most[0][0]) / 3: value for at, value in most}
    return [
        (Vital.GLUCOSE, at, value, "sensor") for at, value in told.items() if at - start < within
    ]


def old(session: Session, patient: UUID) -> list[StoredReading]:
    """Return what is stored of the watch of long ago."""
    return [
        r for r in rows_of(session, patient) if r.vital == Vital.HEART_RATE and r.effective < BEFORE
    ]
