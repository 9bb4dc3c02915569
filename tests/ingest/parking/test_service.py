"""Readings that came before their patient wait, sealed, and are taken once the patient is here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.errors import NotFoundError
from core.security import SYSTEM
from ingest.parking.repository import summary
from ingest.parking.service import drop
from ingest.people.tables import Parked
from tests.door import NOW, Gateway, readings, work_for

if TYPE_CHECKING:
    from uuid import UUID

    from core.database import Database


@pytest.fixture
def parking(register: Any) -> Gateway:
    client: Gateway = register(parks=True)
    return client


def early(build: Any, mrn: str, value: float, minute: int = 30) -> dict[str, Any]:
    reading: dict[str, Any] = build.heart_rate(
        "", value, effectiveDateTime=f"2026-03-02T11:{minute}:00Z"
    )
    return reading | {"subject": {"identifier": {"system": "urn:clinic:a", "value": mrn}}}


def enrolment(build: Any, mrn: str) -> dict[str, Any]:
    patient: dict[str, Any] = build.patient(identifier=[{"system": "urn:clinic:a", "value": mrn}])
    return patient


def waiting(database: Database, client: UUID) -> int:
    with database.transaction() as session:
        query = select(func.count()).select_from(Parked).where(Parked.client_id == client)
        return session.scalar(query) or 0


def live(database: Database, who: str) -> list[float | None]:
    return sorted(
        (each.value for each in readings(database, who) if not each.superseded),
        key=lambda value: value or 0,
    )


def test_what_waits_is_taken_once_in_order_when_its_patient_is_enrolled(
    parking: Gateway, gateway: Gateway, build: Any, database: Database, clock: Any
) -> None:
    mrn = str(uuid4())
    answers = [parking.post(early(build, mrn, value)) for value in (71, 71, 74)]
    clock.now = NOW + timedelta(hours=3)

    who = gateway.create(enrolment(build, mrn))
    gateway.post(enrolment(build, mrn))

    assert [each.status_code for each in answers] == [202, 202, 202]
    assert answers[0].json()["issue"][0]["code"] == "incomplete"
    assert "Location" not in answers[0].headers
    stored = readings(database, who)
    assert {each.value: each.quality for each in stored} == {71: "scored", 74: "conflict"}
    assert {each.received_at for each in stored} == {NOW}
    assert waiting(database, parking.client_id) == 0
    assert len(work_for(database, who)) == 1
    assert parking.post(early(build, mrn, 71)).status_code == 200


def test_what_was_put_for_somebody_to_come_is_retracted_under_its_id_fhir_05(
    parking: Gateway, gateway: Gateway, build: Any, database: Database
) -> None:
    mrn, own = str(uuid4()), f"r-{uuid4()}"
    path, reading = f"Observation/{own}", early(build, mrn, 71) | {"id": own}
    other = early(build, mrn, 90, 31) | {"id": own}

    waits = [parking.put(path, each).status_code for each in (reading, reading)]
    waits.append(parking.post(other).status_code)
    who = gateway.create(enrolment(build, mrn))
    before = live(database, who)
    read = parking.get(f"/fhir/{path}")
    wrong = parking.put(path, reading | {"status": "entered-in-error"})

    assert waits == [202, 202, 202]
    assert before == [71, 90]  # the id in the body of a POST is no address
    assert (read.json()["id"], read.json()["meta"]["versionId"]) == (own, "1")
    assert (wrong.status_code, wrong.headers["ETag"]) == (200, 'W/"2"')
    assert live(database, who) == [90]


def test_what_was_put_to_one_id_becomes_its_versions_in_their_order_fhir_05(
    parking: Gateway, gateway: Gateway, build: Any, database: Database
) -> None:
    mrn, own = str(uuid4()), f"r-{uuid4()}"
    path = f"Observation/{own}"

    for value in (71, 74, 79, 74):
        parking.put(path, early(build, mrn, value) | {"id": own})
    who = gateway.create(enrolment(build, mrn))

    assert live(database, who) == [74]
    kept = [parking.get(f"/fhir/{path}/_history/{n}").json() for n in (1, 2, 3)]
    assert [each["valueQuantity"]["value"] for each in kept] == [71, 79, 74]


def test_a_conditional_put_for_somebody_to_come_names_nothing_yet(
    parking: Gateway, gateway: Gateway, build: Any, database: Database
) -> None:
    mrn, name = str(uuid4()), str(uuid4())
    reading = early(build, mrn, 71) | {"identifier": [{"system": "urn:d", "value": name}]}
    path = f"Observation?identifier=urn:d|{name}"

    waits = parking.put(path, reading).status_code
    again = parking.post(early(build, mrn, 71), If_None_Exist=f"identifier=urn:d|{name}")
    who = gateway.create(enrolment(build, mrn))
    wrong = parking.put(path, reading | {"status": "entered-in-error"})

    assert (waits, again.status_code, wrong.status_code) == (202, 202, 200)
    assert live(database, who) == []


def test_each_entry_of_a_batch_waits_for_itself(
    parking: Gateway, build: Any, database: Database
) -> None:
    known = parking.create(build.patient())

    answer = parking.post(
        build.bundle("batch", build.heart_rate(f"Patient/{known}"), early(build, str(uuid4()), 70))
    )

    statuses = [each["response"]["status"] for each in answer.json()["entry"]]
    assert statuses == ["201 Created", "202 Accepted"]
    assert waiting(database, parking.client_id) == 1


def test_only_a_record_number_can_be_waited_for_and_only_where_agreed(
    parking: Gateway, gateway: Gateway, build: Any
) -> None:
    nobody = build.heart_rate(f"Patient/{uuid4()}")

    assert parking.post(nobody).status_code == 422
    assert gateway.post(early(build, str(uuid4()), 70)).status_code == 422


def test_what_waits_is_counted_without_saying_whose_and_can_be_dropped(
    parking: Gateway, build: Any, database: Database
) -> None:
    parking.post(early(build, str(uuid4()), 70))
    parking.post(early(build, str(uuid4()), 70))

    with database.transaction() as session:
        [mine] = [each for each in summary(session) if each.client == parking.name]
        gone = drop(session, SYSTEM, parking.client_id, before=NOW + timedelta(seconds=1), now=NOW)
        with pytest.raises(NotFoundError):
            drop(session, SYSTEM, uuid4(), before=NOW, now=NOW)

    assert (mine.count, mine.oldest, gone) == (2, NOW, 2)
    assert waiting(database, parking.client_id) == 0
