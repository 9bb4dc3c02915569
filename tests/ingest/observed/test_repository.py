"""What the database itself holds about readings: one lives for each natural key, others beside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from core.vitals import Quality, Vital
from ingest.acceptance import Decision
from ingest.candidates import Candidate
from ingest.observed.repository import add_readings, supersede
from ingest.revising import Outcome
from ingest.tables import ResourceIdentifier, StoredReading
from tests.door import named, readings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)


def candidate(patient: UUID, value: float = 72, **more: Any) -> Candidate:
    fields: dict[str, Any] = {"quality": Quality.SCORED, "effective": NOW} | more
    return Candidate(patient, Vital.HEART_RATE, value, **fields)


def decision(*readings: Candidate, version: int = 1) -> Decision:
    return Decision(Outcome.NEW, uuid4(), version, readings)


def ordinals(session: Session, patient: UUID) -> list[tuple[str, int]]:
    query = select(StoredReading.quality, StoredReading.ordinal)
    found = session.execute(query.where(StoredReading.patient_id == patient))
    return sorted((row[0], row[1]) for row in found)


def test_a_second_living_reading_of_one_natural_key_is_refused_by_the_database_rel_07(
    session: Session,
) -> None:
    patient = uuid4()
    add_readings(session, [decision(candidate(patient))], received=NOW)

    with pytest.raises(IntegrityError):
        add_readings(session, [decision(candidate(patient, 80))], received=NOW)


def test_conflicts_stand_beside_the_living_one_and_never_in_its_place_rel_08(
    session: Session,
) -> None:
    patient = uuid4()
    add_readings(session, [decision(candidate(patient))], received=NOW)
    for value in (80, 90):
        beside = decision(candidate(patient, value, quality=Quality.CONFLICT))
        add_readings(session, [beside], received=NOW)

    assert ordinals(session, patient) == [("conflict", 1), ("conflict", 2), ("scored", 0)]


def test_the_database_refuses_a_living_reading_beside_another_rel_08(session: Session) -> None:
    row = StoredReading(
        patient_id=uuid4(),
        vital="heart_rate",
        quality="scored",
        effective=NOW,
        precision="instant",
        received_at=NOW,
        resource_id=uuid4(),
        resource_version=1,
        ordinal=1,
    )
    session.add(row)

    with pytest.raises(IntegrityError, match="one_lives"):
        session.flush()


@pytest.mark.parametrize("year", [1999, 2024, 2026, 2029, 2030, 2150])
def test_a_reading_of_any_year_has_a_place(session: Session, year: int) -> None:
    patient, at = uuid4(), NOW.replace(year=year)

    add_readings(session, [decision(candidate(patient, effective=at))], received=NOW)

    assert ordinals(session, patient) == [("scored", 0)]


def test_readings_of_this_year_lie_in_the_partition_of_their_month(session: Session) -> None:
    patient = uuid4()
    add_readings(session, [decision(candidate(patient))], received=NOW)

    place = session.scalar(
        text("select tableoid::regclass::text from reading where patient_id = :who"),
        {"who": patient},
    )

    assert place == "part.reading_2026_06"


def test_many_rows_and_few_are_written_alike(session: Session) -> None:
    """Few go by INSERT, many by COPY."""
    patient = uuid4()
    for count in (1, 99, 101, 1500):
        rows = [
            candidate(patient, at, effective=NOW - timedelta(days=count, seconds=at))
            for at in range(count)
        ]
        add_readings(session, [decision(each) for each in rows], received=NOW)

    query = select(func.count()).where(StoredReading.patient_id == patient)
    assert session.scalar(query) == 1 + 99 + 101 + 1500


def test_where_nothing_is_revised_nothing_gives_way(session: Session) -> None:
    given_way = select(func.count()).where(StoredReading.superseded)
    before = session.scalar(given_way)

    supersede(session, [])

    assert session.scalar(given_way) == before


def names(database: Database) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(ResourceIdentifier)) or 0


def test_a_reading_without_identifier_costs_no_name_and_is_still_known_again_rel_07(
    gateway: Any, build: Any, database: Database
) -> None:
    patient = gateway.create(build.patient())
    before = names(database)
    posted = build.heart_rate(f"Patient/{patient}")

    first = gateway.post(posted).status_code
    after = names(database)
    statuses = [gateway.post(posted).status_code for _ in range(3)]

    assert (first, after) == (201, before)
    assert statuses == [200, 200, 200]
    assert len(readings(database, patient)) == 1


def test_a_late_original_does_not_bring_back_what_was_withdrawn_rel_19_rel_23(
    gateway: Any, build: Any, database: Database
) -> None:
    patient = gateway.create(build.patient())
    original = named(build.heart_rate(f"Patient/{patient}"))
    first = gateway.post(original)
    withdrawn = gateway.post(original | {"status": "entered-in-error"})

    again = gateway.post(original)

    assert [first.status_code, withdrawn.status_code, again.status_code] == [201, 200, 200]
    assert [each.superseded for each in readings(database, patient)] == [True]


def test_a_correction_takes_the_place_of_the_original_rel_23(
    gateway: Any, build: Any, database: Database
) -> None:
    patient = gateway.create(build.patient())
    original = named(build.heart_rate(f"Patient/{patient}", 90))
    gateway.post(original)
    for value in (80, 70):
        corrected = build.heart_rate(f"Patient/{patient}", value)
        gateway.post(
            original | {"status": "corrected", "valueQuantity": corrected["valueQuantity"]}
        )

    stored = sorted((each.ordinal, each.value) for each in readings(database, patient))

    assert stored == [(0, 70), (1, 90), (2, 80)]
