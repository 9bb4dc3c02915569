"""When each stream was last heard, and what was taken back since."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from alerts.service import load_policy
from core.database import Database
from core.rows import run
from core.vitals import Quality, Vital
from ingest.population.repository import _BLOCKS, blocks_of_people
from ingest.rolling import service
from ingest.streams.repository import (
    _DENSE,
    _LAST,
    known_since,
    last_contacts,
    last_readings,
    revised,
)
from ingest.tables import StoredReading
from tests.alerts.conftest import NOW
from tests.alerts.episodes.test_any_order import Told, home
from tests.monitoring.test_service import enrol, measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.embedded import Servers


MONTH = NOW - timedelta(days=28)
WORN = datetime(2026, 3, 20, 9, tzinfo=UTC)


def test_each_stream_has_its_own_last_contact_and_what_was_withdrawn_is_none_al_22(
    session: Session,
) -> None:
    patient = enrol(session)
    for days, vital in ((1, Vital.SPO2), (3, Vital.SPO2), (9, Vital.BODY_WEIGHT)):
        measure(session, patient, vital, 90.0, at=NOW - timedelta(days=days))
    gone = measure(session, patient, Vital.GLUCOSE, 90.0, at=NOW)
    gone.quality, gone.ordinal = Quality.WITHDRAWN, 1
    measure(session, patient, Vital.HEART_RATE, 70.0, at=NOW - timedelta(days=40))
    session.flush()

    assert last_contacts(session, [patient, uuid4()], since=MONTH) == {
        patient: {
            Vital.SPO2: NOW - timedelta(days=1),
            Vital.BODY_WEIGHT: NOW - timedelta(days=9),
        }
    }


def test_a_streams_last_contact_is_its_last_reading_rolled_up_or_not_al_22(
    session: Session,
) -> None:
    patient, other = worn(session), enrol(session)
    measure(session, other, Vital.SPO2, 95.0, at=WORN - timedelta(days=2))
    since = WORN - timedelta(days=28)
    before = last_contacts(session, [patient, other], since=since)

    assert service.roll_up(session, patient, since=since, now=WORN)

    assert last_contacts(session, [patient, other], since=since) == before
    assert before[patient][Vital.HEART_RATE] == WORN - timedelta(days=3, minutes=5)
    assert last_readings(session, [patient, other, uuid4()]) == {
        patient: WORN - timedelta(hours=1),
        other: WORN - timedelta(days=2),
    }


def test_of_a_dense_stream_no_minute_is_read_to_know_when_it_was_heard(owner: Session) -> None:
    """The rows that PostgreSQL looks at: what stands for the days, and not all of them."""
    patient = worn(owner)
    assert service.roll_up(owner, patient, since=WORN - timedelta(days=28), now=WORN)
    ward(owner, patient)
    total = owner.scalar(select(func.count()).where(StoredReading.patient_id == patient))

    heard = looked_at(owner, _DENSE, [patient], [WORN - timedelta(days=1)], MONTHS_AGO, MONTHS_AGO)
    last = looked_at(owner, _LAST, [patient])

    assert total is not None
    assert heard < total / 5
    assert last <= 2


def test_half_a_year_of_weights_is_read_without_what_lies_beside_them(owner: Session) -> None:
    """WL-180: of the months before the last three only the weights are looked at."""
    patient = enrol(owner)
    for days in range(210):
        for vital in (Vital.BODY_WEIGHT, *BESIDE):
            add(owner, patient, vital, WORN - timedelta(days=days, hours=1))
    owner.flush()
    ward(owner, patient)
    since, weight_since = WORN - timedelta(days=90), WORN - timedelta(days=210)

    looked = looked_at(owner, _BLOCKS[0], [patient], since, weight_since)
    blocks = blocks_of_people(owner, {patient: [patient]}, since=since, weight_since=weight_since)[
        patient
    ]

    found = sum(len(block) for block in blocks)
    assert found == 90 * (len(BESIDE) + 1) + 120
    assert looked <= found + 31 * (len(BESIDE) + 1)  # and at most the month it begins in


BESIDE = (
    Vital.SYSTOLIC_BP,
    Vital.DIASTOLIC_BP,
    Vital.HEART_RATE,
    Vital.SPO2,
    Vital.RESPIRATORY_RATE,
    Vital.BODY_TEMPERATURE,
    Vital.GLUCOSE,
)
MONTHS_AGO = WORN - timedelta(days=28)


@pytest.fixture
def owner(embedded: Servers, database: Database) -> Iterator[Session]:
    """A session of who owns the tables: nobody else's `analyze` does anything but warn."""
    owned = Database(embedded.migration_database_url, field_keys=embedded.field_keys)
    with owned.engine.connect() as connection, connection.begin() as outer:
        with Session(connection, expire_on_commit=False, info=database.info) as session:
            yield session
        outer.rollback()
    owned.close()


def ward(session: Session, patient: UUID) -> None:
    """Forty others, as a table holds them, and what the planner knows of it.

    Those whom other tests left with a reading or two are taken out: they would make a person's
    rows seem so few that sorting them costs nothing.
    """
    session.execute(delete(StoredReading).where(StoredReading.patient_id != patient))
    session.execute(
        text(
            "insert into reading (patient_id, effective, resource_id, received_at, value, vital,"
            " resource_version, ordinal, history, superseded, device, quality, precision,"
            " comparator, value_received, unit_received) select who, at, gen_random_uuid(), at, 80,"
            " vital, 1, 0, false, false, '', 'scored', 'instant', '', '', ''"
            " from (select gen_random_uuid() as who from generate_series(1, 40)) people,"
            " lateral (select cast(:until as timestamptz) - day * interval '1 day' as at"
            " from generate_series(0, 209) day) days, unnest(cast(:vitals as text[])) vital"
        ),
        {"until": WORN, "vitals": ["body_weight", *BESIDE]},
    )
    session.execute(text("analyze reading"))


def looked_at(session: Session, statement: str, *values: object) -> int:
    """Return how many rows a statement takes out of the table, those it then drops too.

    The planner goes by rows alone: how many dead pages other tests left says nothing of the query.
    """
    session.execute(text("set local random_page_cost = 0"))
    session.execute(text("set local seq_page_cost = 0"))
    [[plan]] = run(session, f"explain (analyze, format json) {statement}", *values)
    found = plan if isinstance(plan, list) else json.loads(plan)
    return sum(map(rows_of, nodes(found[0]["Plan"])))


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)


def rows_of(node: dict[str, Any]) -> int:
    if "Relation Name" not in node or not str(node["Relation Name"]).startswith("reading"):
        return 0
    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + dropped) * node["Actual Loops"])


def add(session: Session, patient: UUID, vital: Vital, at: datetime) -> None:
    session.add(
        StoredReading(
            patient_id=patient,
            vital=vital,
            value=80.0,
            quality=Quality.SCORED,
            effective=at,
            precision="instant",
            received_at=at,
            resource_id=uuid4(),
            resource_version=1,
        )
    )


def worn(session: Session) -> UUID:
    """A watch each minute for four days until three days ago; a weight an hour ago."""
    patient = enrol(session)
    for minutes in range(3 * 1440 + 5, 7 * 1440):
        add(session, patient, Vital.HEART_RATE, WORN - timedelta(minutes=minutes))
    add(session, patient, Vital.BODY_WEIGHT, WORN - timedelta(hours=1))
    session.flush()
    return patient


def test_who_is_known_since_is_whoever_was_enrolled_before(session: Session) -> None:
    patient = enrol(session)

    before, after = (
        session.scalars(known_since(at)).all() for at in (NOW, NOW + timedelta(days=999))
    )

    assert patient not in before
    assert patient in after


def test_a_retraction_names_the_instant_of_what_it_took_back_rel_23(session: Session) -> None:
    place = home(session, load_policy())
    taken, gone = NOW - timedelta(hours=5), NOW + timedelta(minutes=7)
    place.post(72, taken, now=NOW, **Told(1, 0, 72, 0).fields())
    wrong = Told(1, 1, None, 0)

    assert taken_back(session, place.patient) == {}

    place.post(72, taken, now=gone, **wrong.fields())

    assert taken_back(session, place.patient) == {place.patient: [(taken, gone)]}


def taken_back(session: Session, patient: UUID) -> dict[UUID, list[tuple[datetime, datetime]]]:
    return revised(session, {patient: [patient]}, since=MONTH, after=NOW)
