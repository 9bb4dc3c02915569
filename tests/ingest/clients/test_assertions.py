"""SMART Backend Services over HTTP, fault by fault (SEC-01).

The numbers in the names of the cases are those of Inferno's list of SMART App Launch 2.2
requirements: 249 (the assertion is validated), 250 (scopes within what is registered), 296 and
297 (keys by address, keys inline), 310 (RS384 or ES384), 335 (signature), 336 (jti), 338 (exactly
one key), 339 (what a failure is answered with).
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import jwt
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from core.outward import Outward
from core.security import ASSERTION_TYPE
from core.settings import Environment, Settings
from ingest.keysets.service import KeySets
from ingest.router import router
from ingest.service import register_client
from tests.door import BASE, NOW, SECRET, Clock
from tests.ingest.clients.conftest import EC_JWK, ELLIPTIC, RIVEST, RSA_JWK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.database import Database
    from tests.ingest.clients.conftest import Keeper

SCOPES = ["system/Observation.c"]


@contextmanager
def door(database: Database, clock: Clock, *, loopback: bool = True) -> Iterator[TestClient]:
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr(SECRET),
        base_url=BASE,
        outbound_loopback=loopback,
    )
    application = FastAPI()
    application.include_router(router(database, settings, clock))
    with TestClient(application) as http:
        yield http


def registered(database: Database, *keys: dict[str, Any], address: str = "") -> str:
    with database.transaction() as session:
        return str(
            register_client(
                session, str(uuid4()), SCOPES, {"keys": list(keys)}, jwks_url=address, now=NOW
            )
        )


def proof(client: str, *, alg: str = "ES384", kid: str = "e", **more: Any) -> str:
    header = {"kid": kid} | more.pop("header", {})
    claims = {
        "iss": client,
        "sub": client,
        "aud": f"{BASE}/auth/token",
        "exp": int((NOW + timedelta(minutes=4)).timestamp()),
        "jti": str(uuid4()),
    } | more
    key: Any = {"ES384": ELLIPTIC, "RS384": RIVEST}.get(alg, "k" * 48 if alg != "none" else "")
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, key, alg, headers=header)


def ask(http: TestClient, token: str, **form: str) -> Any:
    said = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": token,
    } | form
    return http.post("/auth/token", data=said)


@pytest.mark.parametrize(("alg", "kid"), [("ES384", "e"), ("RS384", "r")])
def test_both_algorithms_prove_a_client_sec_01_inferno_297_310(
    database: Database, alg: str, kid: str
) -> None:
    client = registered(database, EC_JWK, RSA_JWK)
    with door(database, Clock()) as http:
        answer = ask(http, proof(client, alg=alg, kid=kid))

    said = answer.json()
    assert answer.status_code == 200, answer.text
    assert (said["token_type"], said["expires_in"] <= 300) == ("bearer", True)
    assert said["scope"] == "system/Observation.c"
    assert answer.headers["cache-control"] == "no-store"


FAULTS: dict[str, dict[str, Any]] = {
    "335: signed by another key of the same name": {"alg": "RS384", "kid": "e"},
    "335: alg none": {"alg": "none"},
    "335: alg HS384": {"alg": "HS384"},
    "338: unknown kid": {"kid": "nobody"},
    "338: an empty kid": {"kid": ""},
    "338: jku that is not registered": {"header": {"jku": "https://elsewhere.example/jwks"}},
    "249: iss is not sub": {"sub": "somebody else"},
    "249: no sub": {"sub": None},
    "249: wrong aud": {"aud": "https://elsewhere.example/token"},
    "249: no aud": {"aud": None},
    "249: exp past": {"exp": int(NOW.timestamp()) - 1},
    "249: exp more than 5 minutes ahead": {"exp": int(NOW.timestamp()) + 301},
    "249: no exp": {"exp": None},
    "336: no jti": {"jti": None},
    "336: an empty jti": {"jti": ""},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_assertion_with_a_fault_is_invalid_client_sec_01_inferno_339(
    database: Database, fault: dict[str, Any]
) -> None:
    client = registered(database, EC_JWK, RSA_JWK)
    with door(database, Clock()) as http:
        good, bad = ask(http, proof(client)), ask(http, proof(client, **fault))

    assert good.status_code == 200
    assert (bad.status_code, bad.json()["error"]) == (401, "invalid_client")
    assert bad.json()["error_description"]


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"client_assertion_type": "urn:x"}, "invalid_request"),
        ({"client_assertion": ""}, "invalid_request"),
        ({"scope": "system/Patient.r"}, "invalid_scope"),  # 250
    ],
)
def test_a_request_with_a_fault_is_400_by_its_name_sec_01_inferno_250(
    database: Database, form: dict[str, str], error: str
) -> None:
    client = registered(database, EC_JWK)
    with door(database, Clock()) as http:
        answer = ask(http, proof(client), **form)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_two_keys_of_one_name_prove_nothing_sec_01_inferno_338(database: Database) -> None:
    client = registered(database, EC_JWK, EC_JWK | {"use": "sig"})
    with door(database, Clock()) as http:
        assert ask(http, proof(client)).status_code == 401


def test_an_access_token_that_ran_out_is_refused_over_http_sec_01(database: Database) -> None:
    clock, client = Clock(), registered(database, EC_JWK)
    with door(database, clock) as http:
        token = ask(http, proof(client)).json()["access_token"]
        clock.now += timedelta(seconds=301)
        with pytest.raises(Exception, match="expired"):
            http.get("/fhir/Observation/1", headers={"Authorization": f"Bearer {token}"})


def test_keys_are_found_at_the_registered_address_and_remembered_sec_01_inferno_296(
    database: Database, keeper: tuple[str, type[Keeper]]
) -> None:
    address, served = keeper
    clock, client = Clock(), registered(database, address=address)
    with door(database, clock) as http:
        first = ask(http, proof(client, header={"jku": address}))
        again = ask(http, proof(client))
        for _ in range(5):  # a stranger's kid makes nobody fetch
            assert ask(http, proof(client, kid="new")).status_code == 401
        asked = served.asked
        served.said = json.dumps({"keys": [RSA_JWK]}).encode()
        clock.now += timedelta(seconds=31)
        turned = ask(http, proof(client, alg="RS384", kid="r"))

    assert (first.status_code, again.status_code, turned.status_code) == (200, 200, 200)
    assert (asked, served.asked) == (1, 2)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, b"{}"),
        (302, b'{"keys": []}'),
        (200, b"<html>"),
        (200, b"{}"),
        (200, b'{"keys": [1]}'),
        (200, b'{"keys": [], "keys": []}'),
        (200, json.dumps({"keys": [EC_JWK | {"d": "secret"}]}).encode()),
        (200, json.dumps({"keys": [EC_JWK] * 33}).encode()),
        (200, b" " * (300 << 10)),
    ],
)
def test_an_address_without_a_key_set_proves_nobody_sec_01(
    database: Database, keeper: tuple[str, type[Keeper]], status: int, said: bytes
) -> None:
    address, served = keeper
    served.status, served.said = status, said
    client = registered(database, address=address)
    with door(database, Clock()) as http:
        answer = ask(http, proof(client))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert address not in answer.text


def test_only_https_is_fetched_outside_of_tests_sec_34(
    database: Database, keeper: tuple[str, type[Keeper]]
) -> None:
    address, served = keeper
    client = registered(database, address=address)
    with door(database, Clock(), loopback=False) as http:
        assert ask(http, proof(client)).status_code == 401

    assert served.asked == 0


def test_no_more_addresses_are_remembered_than_fit(keeper: tuple[str, type[Keeper]]) -> None:
    address, _ = keeper
    settings = Settings(environment=Environment.TEST, outbound_loopback=True)
    from_here = KeySets(Outward.of(settings), Clock())

    for number in range(300):
        from_here.at(f"{address}?{number}", "e")

    assert len(from_here.held) == 256
