"""PUT and DELETE by id through the door: what takes the place of what, and what is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from core.outbox import Outbox
from ingest.tables import Device, Patient
from tests.door import device, heart_rate, patient, readings, work_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


def scored(database: Database, who: str) -> list[float | None]:
    return [
        row.value
        for row in readings(database, who)
        if row.quality == "scored" and not row.superseded
    ]


def forget_work(database: Database, who: str) -> None:
    with database.transaction() as session:
        session.execute(delete(Outbox).where(Outbox.subject_id == UUID(who)))


def test_a_put_to_an_id_is_the_next_version_and_the_old_value_leaves_fhir_05(
    gateway: Any, database: Database
) -> None:
    who = gateway.create(patient())
    id_ = gateway.create(heart_rate(f"Patient/{who}", 72))
    forget_work(database, who)

    answer = gateway.put(f"Observation/{id_}", heart_rate(f"Patient/{who}", 96, id=id_))

    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] == 'W/"2"'
    assert answer.headers["Location"].endswith(f"/fhir/Observation/{id_}/_history/2")
    assert answer.json()["valueQuantity"]["value"] == 96
    assert scored(database, who) == [96]
    assert len(work_for(database, who)) == 1
    assert gateway.get(f"/fhir/Observation/{id_}").json()["meta"]["versionId"] == "2"
    earlier = gateway.get(f"/fhir/Observation/{id_}/_history/1").json()
    assert earlier["valueQuantity"]["value"] == 72


def test_the_same_body_put_again_stores_nothing_rel_05(gateway: Any, database: Database) -> None:
    who = gateway.create(patient())
    reading = heart_rate(f"Patient/{who}", id="my.scale-1")

    answers = [gateway.put("Observation/my.scale-1", reading) for _ in range(3)]

    assert [each.status_code for each in answers] == [201, 200, 200]
    assert {each.headers["ETag"] for each in answers} == {'W/"1"'}
    assert scored(database, who) == [72]


def test_a_value_put_back_and_forth_is_as_many_versions_fhir_05(
    gateway: Any, database: Database
) -> None:
    who = gateway.create(patient())
    id_ = gateway.create(heart_rate(f"Patient/{who}", 70))

    answers = [
        gateway.put(f"Observation/{id_}", heart_rate(f"Patient/{who}", value, id=id_))
        for value in (71, 72, 70, 71)
    ]

    assert [each.status_code for each in answers] == [200] * 4
    assert [each.headers["ETag"] for each in answers] == [f'W/"{n}"' for n in (2, 3, 4, 5)]
    assert scored(database, who) == [71]


@pytest.mark.parametrize("own", ["my-reading-1", str(UUID(int=1, version=4))])
def test_an_id_of_the_senders_own_is_addressed_by_it_alone_fhir_05(
    gateway: Any, register: Callable[..., Any], own: str
) -> None:
    who = gateway.create(patient())
    other = register()

    created = gateway.put(f"Observation/{own}", heart_rate(f"Patient/{who}", id=own))
    others = other.put(f"Observation/{own}", heart_rate(f"Patient/{who}", 99, id=own))

    assert (created.status_code, others.status_code) == (201, 201)
    assert created.headers["Location"].endswith(f"/Observation/{own}/_history/1")
    assert created.json()["id"] == own
    read = gateway.get(f"/fhir/Observation/{own}")
    assert (read.json()["id"], read.json()["valueQuantity"]["value"]) == (own, 72)
    assert other.get(f"/fhir/Observation/{own}").json()["valueQuantity"]["value"] == 99
    assert register().get(f"/fhir/Observation/{own}").status_code == 404


def test_own_ids_are_understood_in_references(gateway: Any, database: Database) -> None:
    who, person = f"p-{uuid4()}", patient()
    gateway.put(f"Patient/{who}", person | {"id": who})
    cuff = f"d-{uuid4()}"
    gateway.put(
        f"Device/{cuff}",
        device(id=cuff, patient={"reference": f"Patient/{who}"}, modelNumber="BP-1"),
    )

    reading = heart_rate(f"Patient/{who}", device={"reference": f"Device/{cuff}"})
    answer = gateway.post(reading)

    assert answer.status_code == 201
    here = gateway.create(person)
    assert scored(database, here) == [72]
    with database.transaction() as session:
        assert session.scalar(select(Device.model).where(Device.patient_id == UUID(here))) == "BP-1"


@pytest.mark.parametrize(
    ("change", "code", "expression"),
    [
        ({"id": "another"}, "invalid", "Observation.id"),
        ({}, "required", "Observation.id"),
    ],
)
def test_the_id_of_the_body_must_be_that_of_the_address_fhir_05(
    gateway: Any, change: dict[str, Any], code: str, expression: str
) -> None:
    who = gateway.create(patient())

    answer = gateway.put("Observation/mine", heart_rate(f"Patient/{who}", **change))

    assert answer.status_code == 400
    [issue] = answer.json()["issue"]
    assert (issue["code"], issue["expression"]) == (code, [expression])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_Match": 'W/"1"'}, 200),
        ({"If_Match": '"1"'}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_Match": 'W/"7", W/"1"'}, 200),
        ({"If_Match": 'W/"2"'}, 412),
        ({"If_Match": "yesterday"}, 400),
        ({"If_None_Match": "*"}, 412),
    ],
)
def test_a_stale_if_match_is_412_and_changes_nothing_fhir_05(
    gateway: Any, headers: dict[str, str], status: int
) -> None:
    id_ = gateway.create(patient())

    answer = gateway.put(f"Patient/{id_}", patient(id=id_, gender="male"), **headers)

    assert answer.status_code == status, answer.text
    now = gateway.get(f"/fhir/Patient/{id_}").json()
    assert now["gender"] == ("male" if status == 200 else "female")


def test_if_match_asks_for_something_that_is_there(gateway: Any) -> None:
    own = f"p-{uuid4()}"

    refused = gateway.put(f"Patient/{own}", patient(id=own), If_Match='W/"1"')
    created = gateway.put(f"Patient/{own}", patient(id=own), If_None_Match="*")

    assert (refused.status_code, created.status_code) == (412, 201)


def test_16_puts_at_once_make_one_201_and_as_many_versions_as_bodies_rel_05(
    gateway: Any, database: Database
) -> None:
    who = gateway.create(patient())
    own = f"r-{uuid4()}"

    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda n: gateway.put(
                    f"Observation/{own}", heart_rate(f"Patient/{who}", 60 + n % 2, id=own)
                ),
                range(16),
            )
        )

    assert sorted(each.status_code for each in answers) == [*[200] * 15, 201]
    assert len(scored(database, who)) == 1


def test_what_another_client_stored_may_not_be_replaced_but_a_person_may_sec_03(
    gateway: Any, register: Callable[..., Any]
) -> None:
    who = gateway.create(patient())
    id_ = gateway.create(heart_rate(f"Patient/{who}"))
    other = register()

    theirs = other.put(f"Observation/{id_}", heart_rate(f"Patient/{who}", 90, id=id_))
    person = other.put(f"Patient/{who}", patient(id=who, gender="male"))

    assert (theirs.status_code, person.status_code) == (403, 200)


def test_a_person_put_again_changes_the_row_that_others_read(
    gateway: Any, database: Database
) -> None:
    first = patient()
    who = gateway.create(first)

    gateway.put(f"Patient/{who}", first | {"id": who, "gender": "male", "deceasedBoolean": True})

    with database.transaction() as session:
        row = session.get_one(Patient, UUID(who))
        assert (row.sex, row.deceased) == ("male", True)


def test_an_identifier_of_another_resource_is_409_fhir_09(gateway: Any) -> None:
    first, second = patient(), patient()
    gateway.create(first)
    who = gateway.create(second)

    answer = gateway.put(f"Patient/{who}", first | {"id": who})

    assert answer.status_code == 409
    assert answer.json()["issue"][0]["expression"] == ["Patient.identifier"]


def test_an_observation_never_moves_to_another_patient(gateway: Any) -> None:
    one, two = gateway.create(patient()), gateway.create(patient())
    id_ = gateway.create(heart_rate(f"Patient/{one}"))

    answer = gateway.put(f"Observation/{id_}", heart_rate(f"Patient/{two}", id=id_))

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Observation.subject"]


def test_a_late_original_changes_nothing_unless_it_names_what_it_replaces_fhir_20(
    gateway: Any, database: Database
) -> None:
    who = gateway.create(patient())
    reading = heart_rate(f"Patient/{who}", id="r")
    path = "Observation/r"

    gateway.put(path, reading | {"status": "entered-in-error"})
    late = gateway.put(path, reading)
    preliminary = gateway.put(path, reading | {"status": "preliminary"}, If_Match='W/"1"')
    knowing = gateway.put(path, reading, If_Match='W/"1"')

    assert [late.headers["ETag"], preliminary.headers["ETag"]] == ['W/"1"'] * 2
    assert late.json()["issue"][0]["severity"] == "information"
    assert knowing.headers["ETag"] == 'W/"2"'
    assert scored(database, who) == [72]


def test_entered_in_error_by_put_withdraws_the_value_fhir_20(
    gateway: Any, database: Database
) -> None:
    who = gateway.create(patient())
    id_ = gateway.create(heart_rate(f"Patient/{who}"))

    wrong = heart_rate(f"Patient/{who}", id=id_, status="entered-in-error")
    answer = gateway.put(f"Observation/{id_}", wrong)

    assert answer.status_code == 200
    assert scored(database, who) == []


def test_a_version_is_received_when_it_is_put(gateway: Any, clock: Any) -> None:
    who = gateway.create(patient())
    first = gateway.get(f"/fhir/Patient/{who}").json()["meta"]["lastUpdated"]
    clock.now += timedelta(minutes=3)

    gateway.put(f"Patient/{who}", patient(id=who))

    assert gateway.get(f"/fhir/Patient/{who}").json()["meta"]["lastUpdated"] > first
