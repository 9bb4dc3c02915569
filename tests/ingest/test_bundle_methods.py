"""Bundles whose entries update, delete and read, besides creating."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.door import (
    condition,
    device,
    heart_rate,
    named,
    patient,
    readings,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database


def entry(method: str, url: str, resource: dict[str, Any] | None = None, **more: str) -> Any:
    said: dict[str, Any] = {"request": {"method": method, "url": url, **more}}
    return said if resource is None else {"resource": resource, **said}


def bundle(kind: str, *entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def responses(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [each["response"] for each in answer.json()["entry"]]


def codes(answer: Any) -> list[str]:
    return [each["status"][:3] for each in responses(answer)]


def test_a_transaction_deletes_creates_updates_and_then_reads_fhir_07(
    gateway: Any, database: Database
) -> None:
    who = gateway.create(patient())
    cuff = device()
    old = gateway.create(cuff)
    reading = named(heart_rate(f"Patient/{who}", 70))
    first = gateway.create(reading)
    identifier = f"urn:maker|{value_of(cuff)}"

    answer = gateway.post(
        bundle(
            "transaction",
            entry("GET", f"Observation/{first}"),
            entry(
                "PUT",
                f"Observation/{first}",
                reading | {"id": first, "status": "corrected"} | heart_value(88),
            ),
            entry("POST", "Device", cuff, ifNoneExist=f"identifier={identifier}"),
            entry("DELETE", f"Device/{old}"),
        )
    )

    assert codes(answer) == ["200", "200", "201", "204"]
    read = answer.json()["entry"][0]["resource"]
    assert (read["valueQuantity"]["value"], read["meta"]["versionId"]) == (88, "2")
    assert [each["etag"] for each in responses(answer)[:2]] == ['W/"2"', 'W/"2"']
    assert all("lastModified" in each for each in responses(answer))
    assert {each.value for each in readings(database, who)} == {70, 88}


def heart_value(value: float) -> dict[str, Any]:
    return {"valueQuantity": heart_rate("Patient/none", value)["valueQuantity"]}


def test_a_batch_works_through_its_entries_in_order_fhir_07(gateway: Any) -> None:
    cuff = device(id="cuff-1")

    answer = gateway.post(
        bundle(
            "batch",
            entry("GET", "Device/cuff-1"),
            entry("PUT", "Device/cuff-1", cuff),
            entry("GET", "Device/cuff-1"),
            entry("HEAD", "Device/cuff-1"),
            entry("DELETE", "Device/cuff-1"),
            entry("GET", "Device/cuff-1"),
            entry("GET", "Device/cuff-1/_history/1"),
        )
    )

    assert codes(answer) == ["404", "201", "200", "200", "204", "410", "200"]
    entries = answer.json()["entry"]
    assert ["resource" in each for each in entries] == [
        False, False, True, False, False, False, True,
    ]  # fmt: skip
    assert entries[2]["resource"]["id"] == "cuff-1"
    assert entries[2]["response"]["location"] == "Device/cuff-1/_history/1"
    assert entries[0]["response"]["outcome"]["issue"][0]["expression"] == [
        "Bundle.entry[0].request.url"
    ]


def test_a_conditional_update_in_a_bundle_creates_and_then_updates_fhir_07(gateway: Any) -> None:
    cuff = device()
    where = f"Device?identifier=urn:maker|{value_of(cuff)}"

    answers = [
        gateway.post(bundle(kind, entry("PUT", where, cuff | {"lotNumber": str(n)})))
        for n, kind in enumerate(("transaction", "batch"))
    ]

    assert [codes(each) for each in answers] == [["201"], ["200"]]
    one, two = (responses(each)[0]["location"] for each in answers)
    assert (one.split("/")[1], two[-1]) == (two.split("/")[1], "2")


@pytest.mark.parametrize(
    ("method", "more", "where"),
    [
        ("PUT", {"ifMatch": 'W/"9"'}, "ifMatch"),
        ("PUT", {"ifNoneMatch": "*"}, "ifNoneMatch"),
        ("DELETE", {"ifMatch": 'W/"9"'}, "ifMatch"),
    ],
)
def test_preconditions_of_an_entry_are_held_fhir_07(
    gateway: Any, method: str, more: dict[str, str], where: str
) -> None:
    cuff = device()
    id_ = gateway.create(cuff)
    body = cuff | {"id": id_, "lotNumber": "2"} if method == "PUT" else None
    one = entry(method, f"Device/{id_}", body, **more)
    new = device()

    batch = gateway.post(bundle("batch", one))
    whole = gateway.post(bundle("transaction", entry("POST", "Device", new), one))

    assert codes(batch) == ["412"]
    assert whole.status_code == 412
    assert whole.json()["issue"][0]["expression"] == [f"Bundle.entry[1].request.{where}"]
    assert gateway.get(f"/fhir/Device/{id_}").headers["ETag"] == 'W/"1"'
    assert gateway.post(new).status_code == 201


def test_a_read_of_what_the_sender_has_already_is_304_fhir_07(gateway: Any) -> None:
    id_ = gateway.create(device())
    modified = gateway.post(bundle("batch", entry("GET", f"Device/{id_}")))
    since = responses(modified)[0]["lastModified"]

    answer = gateway.post(
        bundle(
            "batch",
            entry("GET", f"Device/{id_}", ifNoneMatch='W/"1"'),
            entry("GET", f"Device/{id_}", ifNoneMatch='W/"2"'),
            entry("GET", f"Device/{id_}", ifModifiedSince=since),
        )
    )

    assert codes(answer) == ["304", "200", "304"]
    assert "resource" not in answer.json()["entry"][0]


@pytest.mark.parametrize(
    "since",
    ["2026-01-01T00:00:60Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)
def test_a_read_since_a_strange_time_is_a_read_fhir_07(gateway: Any, since: str) -> None:
    id_ = gateway.create(device())

    answer = gateway.post(bundle("batch", entry("GET", f"Device/{id_}", ifModifiedSince=since)))

    assert codes(answer) == ["200"]


@pytest.mark.parametrize(
    ("one", "status", "where"),
    [
        (entry("PUT", "Device/a", device(id="b")), 400, "resource.id"),
        (entry("PUT", "Device", device(id="b")), 400, "request.url"),
        (entry("PUT", "Device/b/_history/1", device(id="b")), 400, "request.url"),
        (entry("PUT", "Condition/b", device(id="b")), 400, "request.url"),
        (entry("POST", "Condition", device()), 400, "request.url"),
        (entry("POST", "Device?identifier=a|b", device()), 400, "request.url"),
        (entry("DELETE", f"Observation/{uuid4()}"), 405, "request.method"),
        (entry("DELETE", "Device?identifier=a|b"), 405, "request.url"),
        (entry("DELETE", f"Device/{uuid4()}"), 404, "request.url"),
        (entry("PATCH", "Device/b", device(id="b")), 405, "request.method"),
        (entry("GET", f"Observation/{uuid4()}"), 404, "request.url"),
        (entry("GET", "Observation/_history/1/2/3"), 405, "request.url"),
        (entry("GET", "metadata"), 405, "request.url"),
    ],
)
def test_what_an_entry_may_not_ask_is_refused_where_it_is_said_fhir_07(
    gateway: Any, one: Any, status: int, where: str
) -> None:
    new = device()

    batch = gateway.post(bundle("batch", entry("POST", "Device", device()), one))
    whole = gateway.post(bundle("transaction", entry("POST", "Device", new), one))

    assert codes(batch) == ["201", str(status)]
    assert whole.status_code == status
    assert whole.json()["issue"][0]["expression"] == [f"Bundle.entry[1].{where}"]
    assert gateway.post(new).status_code == 201


def test_a_transaction_writes_one_resource_once_fhir_07(gateway: Any) -> None:
    cuff = device()
    id_ = gateway.create(cuff)
    body = cuff | {"id": id_, "lotNumber": "2"}
    put, gone = entry("PUT", f"Device/{id_}", body), entry("DELETE", f"Device/{id_}")

    answers = [gateway.post(bundle("transaction", *both)) for both in ((put, put), (gone, put))]

    assert [each.status_code for each in answers] == [400, 400]
    assert gateway.get(f"/fhir/Device/{id_}").headers["ETag"] == 'W/"1"'
    assert codes(gateway.post(bundle("batch", put, gone, put))) == ["200", "204", "201"]


def test_entries_need_the_scopes_of_what_they_do_fhir_07_sec_03(
    gateway: Any, register: Callable[..., Any]
) -> None:
    id_ = gateway.create(device())
    only_creates = register("system/Device.c")

    answer = only_creates.post(
        bundle(
            "batch",
            entry("PUT", f"Device/{id_}", device(id=id_)),
            entry("DELETE", f"Device/{id_}"),
            entry("GET", f"Device/{id_}"),
            entry("POST", "Device", device()),
        )
    )

    assert codes(answer) == ["403", "403", "403", "201"]


def test_references_lead_to_what_a_transaction_puts_fhir_07(gateway: Any) -> None:
    person = patient(id="ward-7")
    who = "Patient/ward-7"

    answer = gateway.post(
        bundle(
            "transaction",
            entry("POST", "Observation", heart_rate(who)),
            entry("PUT", who, person),
            entry("POST", "Condition", condition(who)),
        )
    )

    assert codes(answer) == ["201", "201", "201"]
    stored = gateway.get(f"/fhir/{responses(answer)[0]['location']}").json()
    assert gateway.get(f"/fhir/{stored['subject']['reference']}").status_code == 200


def test_more_reads_than_a_bundle_may_hold_are_413_fhir_07_sec_37(gateway: Any) -> None:
    answer = gateway.post(bundle("batch", *[entry("GET", f"Device/{uuid4()}")] * 101))

    assert answer.status_code == 413
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry"]


def test_an_entry_without_its_resource_spoils_no_other_of_a_batch_fhir_07(gateway: Any) -> None:
    create = {"request": {"method": "POST", "url": "Patient"}}
    posted = bundle("batch", create, create | {"resource": patient()})

    refused, taken = gateway.post(posted).json()["entry"]
    whole = gateway.post(posted | {"type": "transaction"})

    [issue] = refused["response"]["outcome"]["issue"]
    assert (refused["response"]["status"][:3], issue["code"]) == ("400", "required")
    assert issue["expression"] == ["Bundle.entry[0].resource"]
    assert taken["response"]["status"] == "201 Created"
    assert whole.status_code == 400
