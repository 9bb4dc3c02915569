from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.door import device, value_of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def call(gateway: Any, kind: str, code: str) -> int:
    """Do an interaction with something that is not there; return the status."""
    path, body = f"/fhir/{kind}", json.dumps({"resourceType": kind, "id": "a"})
    sent: dict[str, tuple[str, str, str]] = {
        "create": ("POST", path, "{}"),
        "read": ("GET", f"{path}/{uuid4()}", ""),
        "vread": ("GET", f"{path}/{uuid4()}/_history/1", ""),
        "history-instance": ("GET", f"{path}/{uuid4()}/_history", ""),
        "update": ("PUT", f"{path}/b", body),
        "delete": ("DELETE", f"{path}/{uuid4()}", ""),
    }
    method, where, content = sent[code]
    answer = gateway.http.request(method, where, content=content, headers=gateway.headers())
    return int(answer.status_code)


def test_everything_declared_is_served_fhir_01(web: TestClient, gateway: Any, build: Any) -> None:
    rest = web.get("/fhir/metadata").json()["rest"][0]

    assert {each["code"] for each in rest["interaction"]} == {"batch", "transaction"}
    for kind in ("batch", "transaction"):
        assert gateway.post(build.bundle(kind, build.patient())).status_code == 200
    for resource in rest["resource"]:
        declared = {each["code"] for each in resource["interaction"]}
        assert declared - {"delete"} == {
            "create", "read", "vread", "update", "history-instance",
        }  # fmt: skip
        statuses = {code: call(gateway, resource["type"], code) for code in declared}
        assert statuses.pop("create") in (400, 422)
        assert statuses.pop("update") in (400, 422)  # the body has another id, or lacks much
        assert set(statuses.values()) == {404}
        if "delete" not in declared:
            assert call(gateway, resource["type"], "delete") == 405


def test_what_is_declared_besides_interactions_is_kept_fhir_01(
    web: TestClient, gateway: Any
) -> None:
    rest = web.get("/fhir/metadata").json()["rest"][0]
    (said,) = [each for each in rest["resource"] if each["type"] == "Device"]
    cuff = device(id=f"cuff-{uuid4()}")
    where, number = f"Device/{cuff['id']}", f"identifier=urn:maker|{value_of(cuff)}"

    created = gateway.put(where, cuff)
    updated = gateway.put(f"Device?{number}", cuff | {"lotNumber": "2"})
    again = gateway.post(cuff, If_None_Exist=number)
    seen = gateway.get(f"/fhir/{where}", If_None_Match='W/"2"')
    since = gateway.get(f"/fhir/{where}", If_Modified_Since=seen.headers["Last-Modified"])
    past = gateway.get(f"/fhir/{where}/_history/1")
    several = gateway.delete(f"Device?{number}")

    promises = {
        "updateCreate": True,
        "conditionalUpdate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "readHistory": True,
        "versioning": "versioned",
        "conditionalDelete": "not-supported",
    }
    assert {name: said[name] for name in promises} == promises
    assert [each.status_code for each in (created, updated, again)] == [201, 200, 200]
    assert [each.status_code for each in (seen, since, past, several)] == [304, 304, 200, 405]


def test_what_is_not_declared_is_404_or_405_fhir_01(gateway: Any) -> None:
    asked = [
        gateway.get("/fhir/Observation"),
        gateway.get("/fhir/Claim/1"),
        gateway.post({"resourceType": "Claim"}),
        gateway.http.post("/fhir/Observation/_search", headers=gateway.headers()),
    ]

    assert {each.status_code for each in asked} <= {404, 405}
    assert {each.json()["resourceType"] for each in asked} == {"OperationOutcome"}


def test_the_smart_configuration_names_what_backend_services_need_fhir_02(
    web: TestClient,
) -> None:
    answer = web.get("/fhir/.well-known/smart-configuration")

    said = answer.json()
    assert said["grant_types_supported"] == ["client_credentials"]
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert said["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert all(isinstance(each, str) for each in said["capabilities"])
    assert {"system/Observation.crus", "system/Device.cruds"} <= set(said["scopes_supported"])
    assert {"system/Flag.rs", "system/RiskAssessment.rs"} <= set(said["scopes_supported"])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
