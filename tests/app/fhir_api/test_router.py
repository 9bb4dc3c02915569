from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from fhir.search_parameters import SEARCHES

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.door import Gateway


VALUES = {
    "date": "ge2026",
    "token": "x",
    "reference": str(uuid4()),
    "quantity": "1",
    "uri": "urn:x",
}


def test_every_search_that_is_declared_is_served_fhir_01(web: TestClient, gateway: Gateway) -> None:
    (rest,) = web.get("/fhir/metadata").json()["rest"]
    declared = {
        each["type"]: each["searchParam"] for each in rest["resource"] if "searchParam" in each
    }

    assert declared.keys() == SEARCHES.keys()
    for kind, parameters in declared.items():
        for each in parameters:
            query = {each["name"]: VALUES[each["type"]]}
            answer = gateway.http.get(
                f"/fhir/{kind}", params=query, headers=gateway.headers(Prefer="handling=strict")
            )
            assert answer.status_code == 200, (kind, query, answer.text)


def test_head_on_a_search_is_answered_as_get_without_its_body_fhir_11(gateway: Gateway) -> None:
    got = gateway.get("/fhir/Observation")
    head = gateway.http.head("/fhir/Observation", headers=gateway.headers())

    assert (got.status_code, head.status_code) == (200, 200)
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
