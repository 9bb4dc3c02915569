from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from fastapi.testclient import TestClient


def test_everything_declared_is_served_fhir_01(web: TestClient, gateway: Any, build: Any) -> None:
    rest = web.get("/fhir/metadata").json()["rest"][0]

    assert {each["code"] for each in rest["interaction"]} == {"batch", "transaction"}
    for kind in ("batch", "transaction"):
        assert gateway.post(build.bundle(kind, build.patient())).status_code == 200
    for resource in rest["resource"]:
        assert {each["code"] for each in resource["interaction"]} == {"create", "read", "vread"}
        assert resource["conditionalCreate"]
        path = f"/fhir/{resource['type']}"
        empty = gateway.http.post(path, content="{}", headers=gateway.headers())
        assert empty.status_code in (400, 422)
        assert gateway.get(f"{path}/{uuid4()}").status_code == 404
        assert gateway.get(f"{path}/{uuid4()}/_history/1").status_code == 404


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
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
