"""A reference whose two halves name two people is taken for neither: never the wrong patient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from core.security import SYSTEM
from ingest.merging.service import merge
from tests.door import NOW, condition, device, heart_rate, patient, readings, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


def somebody(gateway: Any) -> tuple[str, dict[str, Any]]:
    """Return an enrolled person's id, and their record number."""
    sent = patient()
    return gateway.create(sent), sent["identifier"][0]


@pytest.mark.parametrize("form", ["id", "own id", "conditional", "address"])
def test_a_subject_that_names_two_people_is_refused_by_name_fhir_07(
    gateway: Any, database: Database, form: str
) -> None:
    own = f"n{uuid4().hex}"
    sent = patient(id=own)
    assert gateway.put(f"Patient/{own}", sent).status_code == 201
    one = str(gateway.create(sent))
    number = f"urn:clinic:a|{value_of(sent)}"
    said = {
        "id": f"Patient/{one}",
        "own id": f"Patient/{own}",
        "conditional": f"Patient?identifier={number}",
        "address": f"http://testserver/fhir/Patient/{one}",
    }[form]
    other, theirs = somebody(gateway)
    reading = heart_rate("") | {"subject": {"reference": said, "identifier": theirs}}

    answer = gateway.post(reading)

    assert answer.status_code == 422, answer.text
    [issue] = answer.json()["issue"]
    assert issue["expression"] == ["Observation.subject"]
    assert "name two different ones" in issue["diagnostics"]
    assert (readings(database, one), readings(database, other)) == ([], [])


def test_what_names_two_people_does_not_wait_for_either(
    register: Callable[..., Any], database: Database
) -> None:
    waiting = register(parks=True)
    one, _ = somebody(waiting)
    _, theirs = somebody(waiting)
    both = {"reference": f"Patient/{one}", "identifier": theirs}

    answer = waiting.post(heart_rate("") | {"subject": both})

    assert answer.status_code == 422
    assert readings(database, one) == []


def test_both_names_of_one_person_are_taken_merged_or_not(gateway: Any, database: Database) -> None:
    one, mine = somebody(gateway)
    other, theirs = somebody(gateway)
    with database.transaction() as session:
        merge(session, SYSTEM, UUID(other), UUID(one), reason="one person", now=NOW)

    for each in (mine, theirs, {"system": "urn:clinic:a", "value": "of nobody here"}):
        subject = {"reference": f"Patient/{one}", "identifier": each}
        assert gateway.post(heart_rate("") | {"subject": subject}).status_code in (200, 201)
    assert len(readings(database, one)) == 1


def test_a_condition_and_a_device_of_two_people_are_refused_too(gateway: Any) -> None:
    one, _ = somebody(gateway)
    _, theirs = somebody(gateway)
    both = {"reference": f"Patient/{one}", "identifier": theirs}

    answers = [
        gateway.post(condition("") | {"subject": both}),
        gateway.post(device(patient=both)),
    ]

    said = [(each.status_code, each.json()["issue"][0]) for each in answers]
    assert [(status, each["expression"]) for status, each in said] == [
        (422, ["Condition.subject"]),
        (422, ["Device.patient"]),
    ]
    assert all("name two different ones" in each["diagnostics"] for _, each in said)


def test_a_device_that_is_two_devices_is_refused(gateway: Any, database: Database) -> None:
    who, _ = somebody(gateway)
    one, other = device(), device()
    gateway.create(other)
    both = {
        "reference": f"Device/{gateway.create(one)}",
        "identifier": other["identifier"][0],
    }

    answer = gateway.post(heart_rate(f"Patient/{who}", device=both))

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Observation.device"]
    assert readings(database, who) == []
