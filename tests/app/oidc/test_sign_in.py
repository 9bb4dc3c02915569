"""Signing in at the organisation, against a real provider (SEC-05)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

import app.pages.router
from core.clock import utc_now
from core.settings import Environment, Settings
from tests.app.conftest import BASE, csrf
from tests.app.oidc.conftest import Organisation, leave, refusals, settings, with_query
from tests.running_system import free_port

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Invented, Ward

PEOPLE: tuple[Invented, ...] = ()
LONG_AGO = 1_600_000_000
FAR_AHEAD = 4_000_000_000


def test_whoever_has_an_account_comes_in_and_where_they_wanted_sec_05(
    web: FastAPI, provider: Organisation, subject: str
) -> None:
    away = leave(web, "/sign-in/organisation?to=/patients")

    answer = away.client.get(provider.back(away.address, subject))

    assert answer.headers["location"] == "/patients"
    assert "Dr Kim" in away.client.get("/patients").text


def test_the_request_has_what_guards_it_sec_05(web: FastAPI, provider: Organisation) -> None:
    away = leave(web)

    said = away.said
    cookie = away.client.get("/sign-in/organisation").headers["set-cookie"].lower()

    assert away.address.startswith(f"{provider.issuer}/authorize/")
    assert said["code_challenge_method"] == ["S256"]
    assert said["redirect_uri"] == [f"{BASE}/sign-in/return"]
    assert said["response_type"] == ["code"]
    assert said["scope"] == ["openid"]
    assert len(said["state"][0]) >= 43
    assert len(said["nonce"][0]) >= 43
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=600" in cookie
    assert said["state"][0].lower() not in cookie


def test_going_there_changes_nothing_here_sec_09(web: FastAPI, database: Database) -> None:
    count = "select (select count(*) from spent_state) + (select count(*) from login_session)"
    with database.transaction() as session:
        before = session.execute(text(count)).scalar_one()

    leave(web)

    with database.transaction() as session:
        assert session.execute(text(count)).scalar_one() == before


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"state": "another"}, 400),
        ({"state": None}, 400),
        ({"code": "another"}, 400),
        ({"code": None}, 400),
        ({"iss": "https://another.example"}, 400),
        ({"error": "access_denied"}, 400),
    ],
    ids=str,
)
def test_a_way_back_that_was_altered_opens_nothing_sec_05(
    web: FastAPI,
    database: Database,
    provider: Organisation,
    subject: str,
    changed: dict[str, str | None],
    status: int,
) -> None:
    away, before = leave(web), refusals(database)

    answer = away.client.get(with_query(provider.back(away.address, subject), **changed))

    assert answer.status_code == status
    assert "was not completed" in answer.text
    assert away.client.get("/inbox").status_code == 303
    assert refusals(database) == before + 1


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": "A" * 43},
        {"code_challenge_method": "plain"},
        {"nonce": "another"},
        {"nonce": None},
    ],
    ids=str,
)
def test_a_request_that_was_altered_on_its_way_opens_nothing_sec_05(
    web: FastAPI, provider: Organisation, subject: str, changed: dict[str, str | None]
) -> None:
    away = leave(web)

    answer = away.client.get(provider.back(with_query(away.address, **changed), subject))

    assert answer.status_code == 400
    assert away.client.get("/inbox").status_code == 303


@pytest.mark.parametrize(
    "address", [f"{BASE}/sign-in/return/", f"{BASE}/inbox", "https://evil.example/", BASE]
)
def test_the_provider_sends_nobody_to_another_address_sec_05(
    web: FastAPI, provider: Organisation, subject: str, address: str
) -> None:
    away = leave(web)

    answer = provider.answer(with_query(away.address, redirect_uri=address), subject)

    assert answer.status_code == 400


WRONG = [
    {"claims": {"aud": "another client"}},
    {"claims": {"aud": ["wardlight", "another"]}},  # and no azp
    {"claims": {"aud": None}},
    {"claims": {"iss": "https://another.example"}},
    {"claims": {"iss": None}},
    {"claims": {"exp": LONG_AGO}},
    {"claims": {"exp": None}},
    {"claims": {"iat": FAR_AHEAD}},
    {"claims": {"nbf": FAR_AHEAD}},
    {"claims": {"nonce": "another"}},
    {"claims": {"nonce": None}},
    {"claims": {"azp": "another client"}},
    {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    {"claims": {"sub": None}},
    {"claims": {"sub": 7}},
    {"claims": {"sub": ""}},
    {"alg": "none"},
    {"alg": "HS256"},
    {"alg": "another key"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_an_id_token_that_proves_nothing_opens_nothing_sec_05(
    web: FastAPI, provider: Organisation, subject: str, wrong: dict[str, object]
) -> None:
    away = leave(web)
    provider.alter(**wrong)

    answer = away.client.get(provider.back(away.address, subject))

    assert answer.status_code == 400
    assert away.client.get("/inbox").status_code == 303


def test_an_id_token_that_is_right_in_another_way_opens_sec_05(
    web: FastAPI, provider: Organisation, subject: str
) -> None:
    """What the table above alters is what it fails for."""
    away = leave(web)
    provider.alter(claims={"aud": ["wardlight", "another"], "azp": "wardlight"})

    assert away.client.get(provider.back(away.address, subject)).headers["location"] == "/inbox"


def test_a_way_back_works_once_and_in_its_own_browser_only_sec_05(
    web: FastAPI, provider: Organisation, subject: str
) -> None:
    """Login CSRF: an attacker's way back signs nobody else in as the attacker."""
    away, other, victim = leave(web), leave(web), TestClient(web, base_url=BASE)
    kept = dict(away.client.cookies)
    way = provider.back(away.address, subject)

    assert victim.get(way).status_code == 400
    assert other.client.get(way).status_code == 400
    assert away.client.get(way).status_code == 303
    away.client.cookies.clear()
    away.client.cookies.update(kept)
    assert away.client.get(way).status_code == 400
    assert away.client.get("/inbox", follow_redirects=False).status_code == 303


def test_a_way_back_is_open_for_ten_minutes_sec_05(
    database: Database, ward: Ward, provider: Organisation, subject: str
) -> None:
    _ = ward
    shift = [timedelta()]
    web = FastAPI()
    given = settings(provider.issuer)
    app.pages.router.mount(web, database, given, clock=lambda: utc_now() + shift[0])
    away = leave(web)
    way = provider.back(away.address, subject)
    shift[0] = timedelta(minutes=10, seconds=2)

    assert away.client.get(way).status_code == 400


def test_signing_in_anew_leaves_no_older_session_of_the_browser_sec_07(
    web: FastAPI, provider: Organisation, subject: str
) -> None:
    away = leave(web)
    away.client.get(provider.back(away.address, subject))
    first = away.client.cookies["wardlight"]
    again = away.client.get("/sign-in/organisation").headers["location"]
    away.client.get(provider.back(again, subject))

    assert away.client.cookies["wardlight"] != first
    old = TestClient(web, base_url=BASE, cookies={"wardlight": first}, follow_redirects=False)
    assert old.get("/inbox").status_code == 303


def test_signing_out_goes_on_to_the_organisation_sec_07(
    web: FastAPI, provider: Organisation, subject: str
) -> None:
    away = leave(web)
    away.client.get(provider.back(away.address, subject))
    token = csrf(away.client.get("/patients").text)

    answer = away.client.post("/sign-out", data={"csrf": token})

    assert answer.headers["refresh"].startswith(f"0; url={provider.issuer}/logout/?client_id=")
    there = answer.headers["refresh"].removeprefix("0; url=")
    assert provider.answer(there, subject).status_code == 200
    assert away.client.get("/inbox").status_code == 303


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:{port}", "http://192.0.2.7"])
def test_a_provider_that_is_away_is_said_and_waited_for_no_longer_than_seconds(
    database: Database, ward: Ward, issuer: str
) -> None:
    _ = ward
    web = FastAPI()
    app.pages.router.mount(web, database, settings(issuer.format(port=free_port())))
    client = TestClient(web, base_url=BASE, follow_redirects=False)
    began = time.monotonic()

    answer = client.get("/sign-in/organisation")

    assert answer.status_code == 503
    assert "cannot be reached" in answer.text
    assert time.monotonic() - began < 8


def test_a_discovery_of_another_issuer_is_refused_sec_05(
    database: Database, ward: Ward, provider: Organisation
) -> None:
    _ = ward
    web = FastAPI()
    app.pages.router.mount(web, database, settings(provider.issuer + "/"))
    client = TestClient(web, base_url=BASE, follow_redirects=False)

    assert client.get("/sign-in/organisation").status_code == 400


def test_production_has_no_passwords_sec_05(
    database: Database, ward: Ward, provider: Organisation
) -> None:
    web = FastAPI()
    given: Settings = settings(provider.issuer).model_copy(
        update={"environment": Environment.PRODUCTION}
    )
    app.pages.router.mount(web, database, given)
    client = TestClient(web, base_url=BASE, follow_redirects=False)
    page = client.get("/sign-in").text
    fields = {"username": ward.username, "password": "correct horse battery staple"}

    answer = client.post("/sign-in", data={**fields, "csrf": csrf(page)})

    assert 'type="password"' not in page
    assert 'href="/sign-in/organisation' in page
    assert answer.status_code == 403
    assert client.get("/inbox").status_code == 303


def test_without_a_provider_there_is_no_such_way(database: Database, ward: Ward) -> None:
    _ = ward
    web = FastAPI()
    plain = settings("http://127.0.0.1").model_copy(update={"oidc_issuer": None})
    app.pages.router.mount(web, database, plain)
    client = TestClient(web, base_url=BASE, follow_redirects=False)

    assert "organisation" not in client.get("/sign-in").text
    assert client.get("/sign-in/organisation").status_code == 404
    assert client.get("/sign-in/return?code=x&state=y").status_code == 404
