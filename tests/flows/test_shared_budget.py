"""Two API processes, one budget (SEC-36)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
import redis

from app.accounts.service import NewUser, create_user, open_session
from app.accounts.tables import AppUser
from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from core.clock import utc_now
from core.security import Role
from tests.api_processes import api_processes
from tests.door import bundle, heart_rate, patient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

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
        WARDLIGHT_LIMIT_USER="4",
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


def test_two_processes_count_what_one_person_asks_for_together_sec_36(
    addresses: list[str], database: Database
) -> None:
    """And nobody else waits for it."""
    with database.transaction() as session:
        ones, anothers = (signed_in(session) for _ in range(2))

    answers = [asked(addresses[n % 2], ones) for n in range(6)]

    assert [each.status_code for each in answers] == [200, 200, 200, 200, 429, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 61
    assert "Wait a minute" in answers[-1].text
    assert asked(addresses[0], anothers).status_code == 200


def signed_in(session: Session) -> str:
    new = NewUser(f"asking-{uuid4().hex[:8]}", "Somebody", "four plain words suffice", Role.NURSE)
    user = session.get_one(AppUser, create_user(session, new, now=utc_now()))
    return open_session(session, user, now=utc_now())


def asked(address: str, secret: str) -> httpx.Response:
    headers = {"Accept": "text/html", "Cookie": f"wardlight={secret}"}
    return httpx.get(f"{address}/inbox/keys", headers=headers)
