"""Lives in a home: what moved when, as its sensors send it, and what is judged of it."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import select

from core.rows import insert_rows
from core.vitals import Quality, Vital
from ingest import repository as people
from ingest.enrolment import Person
from ingest.movement import Grain
from ingest.summing.repository import Asked
from ingest.summing.service import sum_up
from ingest.tables import Patient, StoredReading
from monitoring import judgement, windows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from monitoring.findings import Assessment
    from monitoring.rulebook import Rulebook

Event = tuple[Vital, datetime, float, str]
NOW = datetime(2026, 3, 20, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
STILL = {5: (3.5, 16.0), 2: (10.0, 24.0)}  # local hours of days so many back


_COLUMNS = {
    "patient_id": "uuid",
    "effective": "timestamptz",
    "resource_id": "uuid",
    "received_at": "timestamptz",
    "value": "float8",
    "resource_version": "int4",
    "vital": "text",
    "device": "text",
    "quality": "text",
    "precision": "text",
    "ordinal": "int4",
    "history": "bool",
    "superseded": "bool",
    "comparator": "text",
    "value_received": "text",
    "unit_received": "text",
}


def enrol(session: Session, zone: str = "UTC") -> UUID:
    id_ = uuid4()
    session.add(Patient(id=id_, zone=zone, created_at=NOW))
    session.flush()
    return id_


def store(session: Session, patient: UUID, events: Iterable[Event]) -> None:
    rows = [
        (patient, at, uuid4(), at + timedelta(seconds=5), value, 1, vital, device,
         Quality.SCORED, "instant", 0, False, False, "", "", "")
        for vital, at, value, device in events
    ]  # fmt: skip
    insert_rows(session, "reading", _COLUMNS, rows)


def life(zone: ZoneInfo, *, days: int, seed: int, busy: float = 20.0) -> list[Event]:
    """Return what one home says: up at about seven, with naps that are long on some days.

    On one day of the last week nobody rises, and on another nothing moves from ten on.
    """
    random = np.random.default_rng(seed)
    today = NOW.astimezone(zone).replace(hour=0, minute=0, second=0)
    found: list[Event] = []
    for back in range(days):
        midnight = (today - timedelta(days=back)).replace(fold=0)
        up, down = random.normal(7, 0.6), random.normal(22.4, 0.5)
        nap = random.uniform(10, 14), random.choice([0.5, 1.5, 3.0, 5.5])
        hours = random.uniform(up, down, random.poisson(busy * (down - up)))
        hours = hours[(hours < nap[0]) | (hours > nap[0] + nap[1])]
        since, until = STILL.get(back, (0.0, 0.0))
        hours = hours[(hours < since) | (hours > until)]
        for hour in [*hours, random.uniform(1, 4)]:
            at = midnight + timedelta(seconds=round(float(hour) * 3600))
            place = str(random.choice(["hall", "kitchen"]))
            kind = random.random()
            if kind < 0.8:
                found.append((Vital.MOTION, at, float(random.choice([1, 1, 1, 0])), place))
            else:
                vital = Vital.BATHROOM if kind < 0.95 else Vital.OUTER_DOOR
                found.append((vital, at, 1.0, "bath"))
        if until:
            settled = midnight + timedelta(hours=since)
            found.append((Vital.MOTION, settled, 1.0, "hall"))
        beats = [midnight + timedelta(minutes=30 * n) for n in range(48)]
        found += [(Vital.HUB_HEARTBEAT, at, 1.0, "hub") for at in beats]
    unique = {(e[0], e[1].astimezone(UTC), e[3]): e for e in found}
    return [(v, at, each[2], d) for (v, at, d), each in unique.items() if at < NOW]


def nobody(_: Session, __: Collection[UUID], ___: datetime) -> set[UUID]:
    """Name nothing."""
    return set()


def asked(session: Session, patient: UUID, before: datetime, grain: Grain = Grain.HOUR) -> Asked:
    """Ask for one person: of whom else the database knows, nothing is touched."""
    others = session.scalars(select(Patient.id).where(Patient.id != patient)).all()
    return Asked(grain, before, held=others)


def summed(session: Session, wanted: Asked, *, most: int = 5000) -> int:
    """Sum up all that is over, step by step; return how many readings went."""
    gone = 0
    while True:
        done = sum_up(session, wanted, nobody, most=most)
        gone += done.rows
        if not done.more:
            return gone


def rows_of(session: Session, patient: UUID) -> list[StoredReading]:
    """Return what is stored of a person, the oldest first."""
    session.expire_all()
    row = StoredReading
    query = select(row).where(row.patient_id == patient)
    return list(session.scalars(query.order_by(row.effective, row.vital, row.device)))


def homes(folder: Path, *, smaller_than: int) -> list[list[Event]]:
    """Return what sensors of homes of TIHM said, those with the most movements first."""
    found: dict[str, list[Event]] = {}
    with gzip.open(folder / "tihm" / "Activity.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            place, at = row["location_name"], datetime.fromisoformat(row["date"])
            vital = Vital.BATHROOM if place == "Bathroom" else Vital.MOTION
            vital = Vital.OUTER_DOOR if place in {"Front Door", "Back Door"} else vital
            event = (vital, at.replace(tzinfo=UTC), 1.0, place)
            found.setdefault(row["patient_id"], []).append(event)
    unique = [list(dict.fromkeys(each)) for each in found.values()]
    return sorted((e for e in unique if len(e) < smaller_than), key=len, reverse=True)


def judged(
    session: Session, patient: UUID, instants: Sequence[datetime], rulebook: Rulebook, zone: str
) -> list[Assessment]:
    """Return what is judged of a person who lives alone, at each instant."""
    session.expire_all()
    person = Person("p", zone, lives_alone=True, traits=frozenset({"fall-history"}))
    found = people.readings(session, patient, since=min(instants) - timedelta(days=118))
    past = windows.history(person, found)
    return [judgement.judge(past, [], now=at, rulebook=rulebook, model=None) for at in instants]
