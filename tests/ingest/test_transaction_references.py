"""What a reference inside a transaction means: an address of one server is none of another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.door import BASE, device, heart_rate, patient, readings

if TYPE_CHECKING:
    from core.database import Database

BASE_HERE = f"{BASE}/fhir"


def entry(resource: dict[str, Any], url: str = "", put: str = "") -> dict[str, Any]:
    method, aim = ("PUT", put) if put else ("POST", resource["resourceType"])
    said = {"resource": resource, "request": {"method": method, "url": aim}}
    return said | ({"fullUrl": url} if url else {})


def transaction(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def people(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    places = [each["response"]["location"].split("/") for each in answer.json()["entry"]]
    return [place[1] for place in places if place[0] == "Patient"]


@pytest.mark.parametrize("put", [False, True])
def test_another_servers_address_means_no_entry_of_the_bundle_fhir_07(
    gateway: Any, *, put: bool
) -> None:
    number = f"n{uuid4().hex}"
    reading = entry(heart_rate(f"https://elsewhere/fhir/Patient/{number}"))
    person = (
        entry(patient(id=number), put=f"Patient/{number}")
        if put
        else entry(patient(), f"https://a/fhir/Patient/{number}")
    )

    answer = gateway.post(transaction(person, reading))

    assert answer.status_code == 422, answer.text
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].resource.subject"]


@pytest.mark.parametrize("stored", [False, True])
def test_a_reference_that_could_mean_two_entries_means_neither_fhir_07(
    gateway: Any, *, stored: bool
) -> None:
    number = f"n{uuid4().hex}"
    if stored:  # what the same words mean outside of the Bundle is not meant either
        own = transaction(entry(patient(id=number), put=f"Patient/{number}"))
        assert people(gateway.post(own))
    both = [entry(patient(), f"https://{each}/fhir/Patient/{number}") for each in "ab"]

    for place in ("", f"urn:uuid:{uuid4()}"):  # no base to read it against
        reading = entry(heart_rate(f"Patient/{number}"), place)
        answer = gateway.post(transaction(*both, reading))

        assert answer.status_code == 422, answer.text
        assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[2].resource.subject"]


def test_a_relative_reference_means_the_entry_of_the_same_base_fhir_07(
    gateway: Any, database: Database
) -> None:
    number = f"n{uuid4().hex}"
    both = [entry(patient(), f"https://{each}/fhir/Patient/{number}") for each in "ab"]
    relative = heart_rate(f"Patient/{number}")
    versioned = heart_rate(f"Patient/{number}/_history/1", value=91)
    theirs = [
        entry(relative, "https://b/fhir/Observation/x"),
        entry(versioned, "https://b/fhir/Observation/y"),
    ]

    answer = gateway.post(transaction(*both, *theirs))

    first, second = people(answer)
    assert readings(database, first) == []
    assert len(readings(database, second)) == 2
    place = answer.json()["entry"][2]["response"]["location"]
    kept = gateway.get(f"/fhir/{place}").json()
    assert kept["subject"]["reference"] == f"Patient/{second}"


@pytest.mark.parametrize("base", ["https://b/fhir", BASE_HERE])
@pytest.mark.parametrize("absolute", [False, True])
def test_the_only_entry_that_ends_so_is_not_meant_from_another_base_fhir_07(
    gateway: Any, base: str, *, absolute: bool
) -> None:
    number = f"n{uuid4().hex}"
    person = entry(patient(), f"https://a/fhir/Patient/{number}")
    subject = f"{base}/Patient/{number}" if absolute else f"Patient/{number}"
    reading = entry(heart_rate(subject), f"{base}/Observation/x")

    answer = gateway.post(transaction(person, reading))

    assert answer.status_code == 422, answer.text
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1].resource.subject"]


@pytest.mark.parametrize("put", [False, True])
def test_what_is_stored_here_is_meant_from_our_own_base_fhir_07(
    gateway: Any, database: Database, *, put: bool
) -> None:
    number = f"n{uuid4().hex}"
    own = entry(patient(id=number), put=f"Patient/{number}")
    gateway.post(transaction(own))
    other = entry(patient(), f"https://a/fhir/Patient/{number}")
    reading = entry(heart_rate(f"Patient/{number}"), f"{BASE_HERE}/Observation/x")

    answer = gateway.post(transaction(*([own] if put else []), other, reading))

    assert answer.status_code == 200, answer.text
    assert readings(database, people(answer)[-1]) == []


def test_a_device_that_could_be_two_is_neither_fhir_07(gateway: Any) -> None:
    number = f"n{uuid4().hex}"
    both = [entry(device(), f"https://{each}/fhir/Device/{number}") for each in "ab"]
    person = entry(patient(), f"https://a/fhir/Patient/{number}")
    reading = heart_rate(f"Patient/{number}") | {"device": {"reference": f"Device/{number}"}}

    answer = gateway.post(transaction(person, *both, entry(reading)))

    assert answer.status_code == 200, answer.text
    place = answer.json()["entry"][3]["response"]["location"]
    kept = gateway.get(f"/fhir/{place}").json()
    assert kept["device"]["reference"] == f"Device/{number}"


def test_a_full_address_and_its_version_mean_their_own_entry_fhir_07(
    gateway: Any, database: Database
) -> None:
    number = f"n{uuid4().hex}"
    urls = [f"https://{each}/fhir/Patient/{number}" for each in "ab"]
    both = [entry(patient(), url) for url in urls]
    theirs = [entry(heart_rate(urls[0])), entry(heart_rate(f"{urls[0]}/_history/1", value=91))]

    first, second = people(gateway.post(transaction(*both, *theirs)))

    assert len(readings(database, first)) == 2
    assert readings(database, second) == []
