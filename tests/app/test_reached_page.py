"""How I am reached: one's own addresses, a test message, and nobody else's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import delete, select
from standardwebhooks import Webhook

import app.pages.router
from alerts.contacts import repository
from alerts.contacts.tables import ContactPoint
from alerts.policy import Channel
from alerts.routing import practitioner
from app.accounts.tables import AppUser
from core.settings import Environment, Settings
from core.signing import secret_from
from core.vitals import Severity
from tests.app.conftest import BASE, csrf
from tests.provider import Provider, Reply, provider
from tests.ward import PASSWORD, Ward, keep_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database

NUMBER = "+491701234567"


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def browser(database: Database, ward: Ward, server: Provider) -> Iterator[TestClient]:
    """A signed-in physician, in an installation with a gateway for text messages."""
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr("k" * 40),
        base_url=BASE,
        outbound_loopback=True,
        sms_gateway_url=server.url,
        sms_gateway_secret=SecretStr(secret_from(b"g" * 32)),
    )
    keep_alive(database, now=ward.now)
    server.came.clear()
    web = FastAPI()
    app.pages.router.mount(web, database, settings)
    yield sign_in(web, ward.username)
    with database.transaction() as session:
        session.execute(delete(ContactPoint))


def sign_in(web: FastAPI, username: str) -> TestClient:
    client = TestClient(web, base_url=BASE, follow_redirects=False)
    token = csrf(client.get("/sign-in").text)
    fields = {"username": username, "password": PASSWORD, "csrf": token}
    assert client.post("/sign-in", data=fields).status_code == 303
    return client


def post(client: TestClient, act: str, **fields: str | list[str]) -> tuple[int, str]:
    token = csrf(client.get("/reached").text)
    answer = client.post(f"/reached/{act}", data={"csrf": token, **fields})
    return answer.status_code, answer.text


def key(database: Database, username: str) -> str:
    with database.transaction() as session:
        query = select(AppUser.practitioner_id).where(AppUser.username == username)
        found = session.scalars(query).one()
        assert found is not None
        return practitioner(found)


def test_a_clinician_adds_tests_and_removes_an_address_al_18(
    database: Database, ward: Ward, browser: TestClient, server: Provider
) -> None:
    added = post(browser, "add", channel="sms", address="+49 170 1234567", tier=["RED", "AMBER"])
    tested = post(browser, "test", channel="sms")

    assert (added[0], tested[0]) == (200, 200)
    assert "…567" in added[1]
    assert "RED, AMBER" in added[1]
    assert NUMBER not in added[1] + tested[1]
    assert "handed over" in tested[1]
    assert server.came[0].said["to"] == NUMBER
    with database.transaction() as session:
        (way,) = repository.ways(session, [key(database, ward.username)]).popitem()[1]
    assert way.tiers == frozenset({Severity.RED, Severity.AMBER})

    removed = post(browser, "remove", channel="sms")

    assert "…567" not in removed[1]


def test_what_is_wrong_is_said_and_kept_nowhere(
    database: Database, ward: Ward, browser: TestClient
) -> None:
    status, page = post(browser, "add", channel="sms", address="0170 CANARY")

    assert status == 422
    assert "needs a number with its country" in page
    assert "CANARY" not in page
    with database.transaction() as session:
        assert repository.points(session, key(database, ward.username)) == []


def test_a_test_that_the_provider_does_not_take_says_so(
    browser: TestClient, server: Provider
) -> None:
    server.script = [Reply(503)]
    post(browser, "add", channel="sms", address=NUMBER)

    status, page = post(browser, "test", channel="sms")
    again, _ = post(browser, "test", channel="sms")

    assert (status, again) == (200, 429)
    assert "did not take the test message (http-503)" in page


def test_the_secret_of_a_webhook_is_shown_once_and_signs_sec_35(
    browser: TestClient, server: Provider
) -> None:
    _, page = post(browser, "add", channel="webhook", address=server.url)
    secret = re.findall(r"whsec_[A-Za-z0-9+/=]+", page)[0]
    post(browser, "test", channel="webhook")

    (sent,) = server.came
    assert Webhook(secret).verify(sent.body, sent.headers)["type"] == "test"
    assert "whsec_" not in browser.get("/reached").text
    _, renewed = post(browser, "renew")
    assert secret not in renewed
    assert "whsec_" in renewed


def test_nobody_sees_or_changes_anothers_addresses_sec_10(
    database: Database, ward: Ward, browser: TestClient
) -> None:
    post(browser, "add", channel="sms", address=NUMBER)
    other = sign_in(browser.app, ward.colleague)  # type: ignore[arg-type]  # the same application

    assert "…567" not in other.get("/reached").text
    assert post(other, "remove", channel="sms")[0] == 404
    with database.transaction() as session:
        assert repository.point(session, key(database, ward.username), Channel.SMS) is not None


def test_only_channels_of_this_installation_are_offered(browser: TestClient) -> None:
    page = browser.get("/reached").text

    offered = re.findall(r'<option value="(\w+)">', page)
    assert offered == ["sms", "webhook"]
    assert post(browser, "add", channel="chat", address="x")[0] == 422
    assert post(browser, "add", channel="fax", address="x")[0] == 422
