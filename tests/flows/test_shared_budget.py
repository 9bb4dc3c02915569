"""Two API processes, one budget (SEC-36)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import redis

from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from tests.api_processes import api_processes
from tests.door import bundle, heart_rate, patient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

BUDGET = 50
pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def addresses(
    embedded: Servers, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[str]]:
    assert database.ping()
    with redis.Redis.from_url(embedded.broker_url) as counters:
        counters.flushall()  # what other tests asked for from this address is not counted here
    folder: Path = tmp_path_factory.mktemp("apis")
    with api_processes(
        embedded,
        folder,
        count=2,
        WARDLIGHT_LIMIT_CLIENT=str(BUDGET),
        WARDLIGHT_LIMIT_TOKEN="3",
    ) as started:
        yield [address for address, _ in started]


@pytest.fixture(scope="module")
def token(embedded: Servers, addresses: list[str]) -> str:
    private, public = make_key()
    scopes = frozenset({"system/*.cruds"})
    client = register_client(embedded.database_url, "shared-budget", scopes, public)
    private["client_id"] = str(client)
    return fetch_token(private, base_url=addresses[0])


def post(address: str, token: str, resource: dict[str, Any]) -> httpx.Response:
    kind = resource["resourceType"]
    return httpx.post(
        f"{address}/fhir" if kind == "Bundle" else f"{address}/fhir/{kind}",
        content=json.dumps(resource),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"},
    )


def test_two_processes_share_one_budget_and_count_readings_sec_36(
    addresses: list[str], token: str
) -> None:
    """FHIR-09."""
    person = post(addresses[0], token, patient()).headers["Location"].split("/")[-3]
    ten = bundle("batch", *[heart_rate(f"Patient/{person}")] * 10)

    answers = [post(addresses[n % 2], token, ten) for n in range(8)]

    statuses = [each.status_code for each in answers]
    assert statuses == [200, 200, 200, 200, 429, 429, 429, 429]
    last = answers[-1]
    [issue] = last.json()["issue"]
    assert issue["code"] == "throttled"
    assert 1 <= int(last.headers["Retry-After"]) <= 61


def test_two_processes_count_requests_for_a_token_together_sec_36(
    addresses: list[str], token: str
) -> None:
    assert token

    answers = [httpx.post(f"{addresses[n % 2]}/auth/token").status_code for n in range(4)]

    assert answers == [400, 400, 429, 429]
