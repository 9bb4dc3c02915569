"""Requests from web pages of other origins, and what OPTIONS, HEAD and 405 say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr, ValidationError

from app.main import create_app
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from core.embedded import Servers

LISTED, OTHER = "https://app.example", "https://elsewhere.example"
OPEN = "Access-Control-Allow-Origin"


@pytest.fixture(scope="module")
def client(embedded: Servers, database: Database) -> Iterator[TestClient]:
    assert database.ping()
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr("k" * 40),
        database_url=SecretStr(embedded.database_url),
        broker_url=SecretStr(embedded.broker_url),
        cors_origins=f"{LISTED}, http://localhost:3000",
    )
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/smart-configuration",
        "/fhir/.well-known/smart-configuration",
        "/fhir/metadata",
        "/openapi.json",
    ],
)
def test_what_says_where_and_how_is_open_to_every_page_fhir_02(
    client: TestClient, path: str
) -> None:
    answer = client.get(path, headers={"Origin": OTHER})

    assert (answer.status_code, answer.headers[OPEN]) == (200, "*")


@pytest.mark.parametrize("path", ["/fhir/Patient/a", "/auth/token", "/fhir"])
def test_only_listed_origins_may_call_the_rest(client: TestClient, path: str) -> None:
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "if-match"}

    first = client.options(path, headers={"Origin": LISTED, **asked})
    then = client.get(path, headers={"Origin": LISTED})
    others = [client.get(path, headers={"Origin": OTHER})]
    others.append(client.options(path, headers={"Origin": OTHER, **asked}))

    assert (first.status_code, first.headers[OPEN]) == (200, LISTED)
    assert "PUT" in first.headers["Access-Control-Allow-Methods"]
    assert (then.headers[OPEN], then.headers["Vary"]) == (LISTED, "Origin")
    assert "ETag" in then.headers["Access-Control-Expose-Headers"]
    assert all(OPEN not in each.headers for each in others)


def test_peoples_pages_are_open_to_no_other_origin(client: TestClient) -> None:
    answer = client.get("/login", headers={"Origin": LISTED})

    assert OPEN not in answer.headers


def test_the_statement_says_whether_other_origins_are_let_in_fhir_01(client: TestClient) -> None:
    (rest,) = client.get("/fhir/metadata").json()["rest"]

    assert rest["security"]["cors"] is True


@pytest.mark.parametrize(
    ("path", "served"),
    [
        ("/fhir", {"POST"}),
        ("/fhir/Observation", {"GET", "HEAD", "POST", "PUT"}),
        ("/fhir/Observation/a", {"GET", "HEAD", "PUT"}),
        ("/fhir/Device/a", {"GET", "HEAD", "PUT", "DELETE"}),
        ("/fhir/Observation/a/_history", {"GET", "HEAD"}),
    ],
)
def test_options_and_405_name_the_methods_that_are_served_fhir_01_fhir_09(
    client: TestClient, path: str, served: set[str]
) -> None:
    asked, refused = client.options(path), client.patch(path)

    assert (asked.status_code, refused.status_code) == (204, 405)
    assert set(asked.headers["Allow"].split(", ")) == served | {"OPTIONS"}
    assert set(refused.headers["Allow"].split(", ")) == served
    assert refused.json()["issue"][0]["code"] == "not-supported"


def test_head_is_get_without_its_body(client: TestClient) -> None:
    got, head = client.get("/fhir/metadata"), client.head("/fhir/metadata")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]


@pytest.mark.parametrize(
    ("kind", "advised"), [("Observation", True), ("CareTeam", True), ("Patient", False)]
)
def test_a_refused_delete_advises_a_status_only_where_there_is_one_fhir_06(
    client: TestClient,
    kind: str,
    advised: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    answer = client.delete(f"/fhir/{kind}/a")

    assert answer.status_code == 405
    assert ("entered-in-error" in answer.text) is advised


@pytest.mark.parametrize("wrong", ["*", "app.example", "https://app.example/path"])
def test_what_is_no_origin_cannot_be_listed(wrong: str) -> None:
    with pytest.raises(ValidationError, match="https://"):
        Settings(cors_origins=wrong)
