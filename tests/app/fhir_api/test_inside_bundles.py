"""Searches, and reads of what Wardlight wrote, as entries of a Bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.door import heart_rate, named, patient, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.door import Gateway


def asking(kind: str, *urls: str, first: tuple[Any, ...] = ()) -> dict[str, Any]:
    looks = [{"request": {"method": "GET", "url": url}} for url in urls]
    return {"resourceType": "Bundle", "type": kind, "entry": [*first, *looks]}


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_search_in_a_bundle_finds_what_the_bundle_wrote_fhir_07(
    gateway: Gateway, kind: str
) -> None:
    who = gateway.create(patient())
    reading = named(heart_rate(f"Patient/{who}"))
    post = {"resource": reading, "request": {"method": "POST", "url": "Observation"}}
    search = f"Observation?identifier=urn:device|{value_of(reading)}"

    answer = gateway.post(asking(kind, search, f"Patient?_id={who}", first=(post,)))

    assert answer.status_code == 200, answer.text
    made, found, people = answer.json()["entry"]
    assert [each["resource"]["type"] for each in (found, people)] == ["searchset"] * 2
    (one,) = found["resource"]["entry"]
    assert f"/{one['resource']['id']}/" in made["response"]["location"]
    assert people["response"] == {"status": "200 OK"}


def test_what_cannot_be_looked_for_in_a_bundle_is_said_at_its_address_fhir_07(
    gateway: Gateway, register: Callable[..., Gateway]
) -> None:
    wrong = ("Observation?date=never", "Flag/none", "Patient/a/$everything", "Claim?x=1")

    batch = gateway.post(asking("batch", *wrong)).json()["entry"]
    whole = gateway.post(asking("transaction", "Patient?_count=1", wrong[0]))
    strange = register("system/Patient.c").post(asking("batch", "Patient?_count=1"))

    said = [each["response"] for each in batch]
    assert [each["status"][:3] for each in said] == ["400", "404", "405", "405"]
    assert [each["outcome"]["issue"][0]["expression"] for each in said] == [
        [f"Bundle.entry[{n}].request.url"] for n in range(len(wrong))
    ]
    assert (whole.status_code, whole.json()["issue"][0]["expression"]) == (
        400,
        ["Bundle.entry[1].request.url"],
    )
    assert strange.json()["entry"][0]["response"]["status"] == "403 Forbidden"
