from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fastapi.testclient import TestClient

from app.interface.router import served
from app.main import create_app
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Invented

PEOPLE: tuple[Invented, ...] = ()


@pytest.fixture(scope="module")
def web(embedded: Servers, database: Database) -> Iterator[FastAPI]:
    assert database.ping()
    with pytest.MonkeyPatch.context() as patched:
        for name, value in embedded.environment().items():
            patched.setenv(name, value)
        patched.setenv("WARDLIGHT_SECRET_KEY", "k" * 40)
        yield create_app(Settings(environment=Environment.TEST))


@pytest.fixture(scope="module")
def http(web: FastAPI) -> Iterator[TestClient]:
    with TestClient(web) as client:
        yield client


@pytest.fixture(scope="module")
def document(http: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = http.get("/openapi.json").json()
    return found


def test_every_route_of_the_door_is_described_and_no_other(
    web: FastAPI, document: dict[str, Any]
) -> None:
    there = {(each.path, each.method) for each in served(web)}
    described = {
        (path, method.upper()) for path, methods in document["paths"].items() for method in methods
    }

    assert described == {each for each in there if each[1] not in ("HEAD", "OPTIONS")}
    assert {("/fhir/{kind}", "POST"), ("/fhir/Observation", "GET"), ("/auth/token", "POST")} <= (
        described
    )


def test_everything_but_the_way_in_needs_a_token_and_says_what_a_refusal_is(
    document: dict[str, Any],
) -> None:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["security"] or path.startswith(
                ("/auth", "/.well-known", "/fhir/.well-known", "/fhir/metadata", "/cds-services")
            )
            assert "application/fhir+json" in operation["responses"]["default"]["content"]


def test_each_operation_has_its_own_name_and_a_summary(document: dict[str, Any]) -> None:
    operations = [each for methods in document["paths"].values() for each in methods.values()]

    assert len({each["operationId"] for each in operations}) == len(operations)
    assert all(each["summary"] for each in operations)


def test_the_page_for_people_needs_no_login_no_script_and_no_other_host(
    http: TestClient, document: dict[str, Any]
) -> None:
    page = http.get("/api", headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text
    assert all(path in page.text for path in document["paths"])
    hosts = [each for each in page.text.split('"') if each.startswith(("http:", "https:", "//"))]
    assert not hosts


def test_the_document_names_nobody(document: dict[str, Any]) -> None:
    assert "urn:example" in json.dumps(document)
    assert "name" not in json.dumps(document["components"]["schemas"])
