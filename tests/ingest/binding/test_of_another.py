"""What was said of one patient does not become another's, by whatever way it is sent (SEC-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from core.security import SYSTEM
from ingest.choices import Purpose
from ingest.choosing.repository import choices_of
from ingest.merging.service import merge
from tests.door import NOW, Gateway, condition, device

if TYPE_CHECKING:
    from core.database import Database

ACT = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


def consent(patient: str, number: str) -> dict[str, Any]:
    """Return the refusal of research."""
    return {
        "resourceType": "Consent",
        "identifier": [{"system": "urn:n", "value": number}],
        "status": "active",
        "scope": {"coding": [{"code": "research"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "policyRule": {"text": "as the person said"},
        "provision": {"type": "deny", "purpose": [{"system": ACT, "code": "HRESCH"}]},
    }


def refused_research(database: Database, patient: str) -> bool:
    with database.transaction() as session:
        said = choices_of(session, [UUID(patient)])
    return [(each.purpose, each.allowed) for each in said] == [(Purpose.RESEARCH, False)]


@pytest.fixture
def two(gateway: Gateway, build: Any) -> tuple[str, str]:
    return gateway.create(build.patient()), gateway.create(build.patient())


def test_a_refusal_stays_with_who_refused_under_one_number_sec_04(
    gateway: Gateway, database: Database, two: tuple[str, str]
) -> None:
    first, second = two
    number = str(uuid4())
    gateway.create(consent(first, number))

    answer = gateway.post(consent(second, number))

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Consent.identifier"]
    assert refused_research(database, first)
    assert not refused_research(database, second)


def test_a_refusal_stays_with_who_refused_under_one_address_sec_04(
    gateway: Gateway, database: Database, two: tuple[str, str]
) -> None:
    first, second = two
    id_ = gateway.create(consent(first, str(uuid4())))
    moved = consent(second, str(uuid4())) | {"id": id_}

    answer = gateway.put(f"Consent/{id_}", moved)

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Consent.patient"]
    assert refused_research(database, first)


def test_a_diagnosis_goes_to_the_right_one_once_it_is_taken_back(
    gateway: Gateway, two: tuple[str, str]
) -> None:
    first, second = two
    id_ = gateway.create(condition(f"Patient/{first}"))
    right = condition(f"Patient/{second}") | {"id": id_}

    statuses = [
        gateway.put(f"Condition/{id_}", right).status_code,
        gateway.delete(f"Condition/{id_}").status_code,
        gateway.put(f"Condition/{id_}", right).status_code,
    ]

    assert statuses == [422, 204, 201]


def test_two_records_of_one_person_are_no_other(
    gateway: Gateway, database: Database, two: tuple[str, str]
) -> None:
    first, second = two
    id_ = gateway.create(condition(f"Patient/{first}"))
    with database.transaction() as session:
        merge(session, SYSTEM, UUID(first), UUID(second), reason="one person", now=NOW)

    answer = gateway.put(f"Condition/{id_}", condition(f"Patient/{second}") | {"id": id_})

    assert answer.status_code == 200, answer.text


def test_a_device_goes_from_one_to_the_next(gateway: Gateway, two: tuple[str, str]) -> None:
    first, second = two
    worn = device() | {"patient": {"reference": f"Patient/{first}"}}
    id_ = gateway.create(worn)

    given_on = worn | {"id": id_, "patient": {"reference": f"Patient/{second}"}}

    assert gateway.put(f"Device/{id_}", given_on).status_code == 200
