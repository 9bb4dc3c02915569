"""Who is who: record numbers belong to their system, and only a person says that two are one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from core.security import SYSTEM
from ingest.numbers.repository import numbers_of, owners
from ingest.receipt import Name
from ingest.repository import profiles, visible_to
from ingest.tables import Patient, Practitioner
from tests.door import readings

if TYPE_CHECKING:
    from core.database import Database

NPI = "http://hl7.org/fhir/sid/us-npi"


def numbers(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"system": system, "value": value} for system, value in pairs]


def count(database: Database, table: type[Patient | Practitioner]) -> int:
    with database.transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_number_from_two_systems_is_two_patients_sec_28(gateway: Any, build: Any) -> None:
    value = str(uuid4())

    one = gateway.create(build.patient(identifier=numbers(("urn:clinic:a", value))))
    other = gateway.create(build.patient(identifier=numbers(("urn:clinic:b", value))))

    assert one != other


def test_a_person_is_found_under_each_of_their_numbers(
    gateway: Any, build: Any, database: Database
) -> None:
    pairs = [("urn:clinic:a", str(uuid4())), ("urn:app:b", str(uuid4()))]

    who = gateway.create(build.patient(identifier=numbers(*pairs)))

    for minute, (system, value) in enumerate(pairs, 10):
        reading = build.heart_rate("", effectiveDateTime=f"2026-03-01T10:{minute}:00Z")
        reading["subject"] = {"identifier": {"system": system, "value": value}}
        answer = gateway.post(reading)
        assert answer.status_code == 201, answer.text
    assert len(readings(database, who)) == len(pairs)
    again = gateway.post(build.patient(identifier=numbers(pairs[1])))
    assert (again.status_code, who in again.headers["Location"]) == (200, True)


def test_numbers_of_two_patients_in_one_are_refused_and_merging_is_named(
    gateway: Any, build: Any
) -> None:
    pairs = [("urn:clinic:a", str(uuid4())), ("urn:clinic:b", str(uuid4()))]
    for pair in pairs:
        gateway.create(build.patient(identifier=numbers(pair)))

    answer = gateway.post(build.patient(identifier=numbers(*pairs)))

    [issue] = answer.json()["issue"]
    assert (answer.status_code, issue["code"]) == (409, "conflict")
    assert "merge" in issue["diagnostics"]
    assert issue["expression"] == ["Patient.identifier"]


def test_the_same_words_without_a_number_are_one_patient_for_one_client_only(
    gateway: Any, register: Any, build: Any
) -> None:
    resource = build.patient(name=[{"text": f"Somebody {uuid4()}"}])
    del resource["identifier"]

    first, again = gateway.post(resource), gateway.post(resource)
    elsewhere = register().post(resource)

    assert (first.status_code, again.status_code, elsewhere.status_code) == (201, 200, 201)
    assert first.headers["Location"] == again.headers["Location"]
    assert elsewhere.headers["Location"] != first.headers["Location"]


def clinician(system: str, value: str, name: str) -> dict[str, Any]:
    return {
        "resourceType": "Practitioner",
        "identifier": numbers((system, value)),
        "name": [{"text": name}],
    }


@pytest.mark.parametrize(
    ("system", "people"),
    [(NPI, 1), ("urn:oid:1.2.410.200119", 1), ("urn:vendor:staff", 2), ("staff", 2)],
)
def test_a_clinician_is_one_person_by_the_number_of_a_published_register_only(
    gateway: Any, register: Any, database: Database, system: str, people: int
) -> None:
    value, before = str(uuid4()), count(database, Practitioner)

    gateway.create(clinician(system, value, "Dr Han"))
    register().create(clinician(system, value, "Dr. Han"))

    assert count(database, Practitioner) == before + people


def test_a_clinician_answers_to_a_second_clients_own_number_too(
    gateway: Any, register: Any, build: Any
) -> None:
    value, own, other = str(uuid4()), str(uuid4()), register()
    gateway.create(clinician(NPI, value, "Dr Han"))
    both = clinician(NPI, value, "Dr Han")
    both["identifier"] += numbers(("urn:vendor:staff", own))
    other.create(both)
    who = other.create(build.patient())

    answer = other.post(
        {
            "resourceType": "CareTeam",
            "status": "active",
            "subject": {"reference": f"Patient/{who}"},
            "participant": [
                {
                    "member": {
                        "type": "Practitioner",
                        "identifier": {"system": "urn:vendor:staff", "value": own},
                    }
                }
            ],
        }
    )

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("form", ["conditional", "logical", "own address"])
def test_a_subject_is_found_however_it_is_named(gateway: Any, build: Any, form: str) -> None:
    value = str(uuid4())
    who = gateway.create(build.patient(identifier=numbers(("urn:clinic:a", value))))
    subject = {
        "conditional": {"reference": f"Patient?identifier=urn:clinic:a|{value}"},
        "logical": {"identifier": {"system": "urn:clinic:a", "value": value}},
        "own address": {"reference": f"http://testserver/fhir/Patient/{who}"},
    }[form]

    answer = gateway.post(build.heart_rate("") | {"subject": subject})

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "https://elsewhere.example/fhir/Patient/1"},
        {"reference": f"Patient/{uuid4()}"},
        {"reference": "Patient?identifier=urn:clinic:a|nobody-has-this"},
        {"identifier": {"system": "urn:clinic:a", "value": "nobody-has-this"}},
    ],
)
def test_a_subject_that_is_nobody_here_is_refused_clearly(
    gateway: Any, build: Any, subject: dict[str, Any]
) -> None:
    answer = gateway.post(build.heart_rate("") | {"subject": subject})

    [issue] = answer.json()["issue"]
    assert (answer.status_code, issue["code"]) == (422, "not-found")
    assert issue["expression"] == ["Observation.subject"]


def test_an_update_changes_the_person_and_lets_a_wrong_number_go(
    gateway: Any, build: Any, database: Database
) -> None:
    wrong, right = [("urn:clinic:a", str(uuid4())) for _ in range(2)]
    who = UUID(gateway.create(build.patient(identifier=numbers(wrong))))
    taken = gateway.create(build.patient())

    def put(**said: Any) -> Any:
        body = build.patient(**said) | {"id": str(who)}
        return gateway.put(f"Patient/{who}", body)

    answer = put(identifier=numbers(right), name=[{"text": "Ines Corrected"}])
    with database.transaction() as session:
        found = {pair: owners(session, [Name("Patient", *pair)]) for pair in (wrong, right)}
        [shown] = profiles(session, visible_to(SYSTEM), [who])
        other = numbers_of(session, UUID(taken))

    assert (answer.status_code, answer.json()["meta"]["versionId"]) == (200, "2")
    assert shown.name == "Ines Corrected"
    assert [list(each.values()) for each in found.values()] == [[], [who]]
    assert put(identifier=numbers(right, *other)).status_code == 409
