"""Scopes, client assertions, tokens and passwords."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from argon2 import PasswordHasher

from app.commands.clients import make_key
from core import security
from core.errors import UnauthenticatedError

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AUDIENCE = "http://127.0.0.1:8000/auth/token"
PRIVATE, PUBLIC = make_key()
STRANGER, _ = make_key()
JWKS = {"keys": [PUBLIC]}
SECRET = "s" * 43


def claims(**changes: Any) -> dict[str, Any]:
    whole = {
        "iss": "client",
        "sub": "client",
        "aud": AUDIENCE,
        "exp": int((NOW + timedelta(minutes=4)).timestamp()),
        "jti": "one",
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def signed(payload: dict[str, Any], *, key: dict[str, Any] = PRIVATE, kid: str = "") -> str:
    return jwt.encode(
        payload,
        jwt.PyJWK(key, algorithm="ES384").key,
        algorithm="ES384",
        headers={"kid": kid or PUBLIC["kid"]},
    )


def test_a_good_assertion_names_its_client_and_its_jti() -> None:
    proven = security.verify_assertion(signed(claims()), jwks=JWKS, audience=AUDIENCE, now=NOW)

    assert (proven.client, proven.jti) == ("client", "one")


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(signed(claims(), key=STRANGER), id="another key's signature"),
        pytest.param(signed(claims(), kid="nobody"), id="unknown kid"),
        pytest.param(signed(claims(sub="somebody else")), id="iss is not sub"),
        pytest.param(signed(claims(aud="https://elsewhere.example")), id="wrong aud"),
        pytest.param(signed(claims(exp=int(NOW.timestamp()))), id="exp past"),
        pytest.param(signed(claims(exp="soon")), id="exp is no number"),
        pytest.param(signed(claims(exp=10**30)), id="exp beyond every calendar"),
        pytest.param(signed(claims(exp=float("inf"))), id="exp is infinite"),
        pytest.param(signed(claims(iat=int(NOW.timestamp()) + 61)), id="iat far ahead"),
        pytest.param(signed(claims(nbf=int(NOW.timestamp()) + 61)), id="nbf far ahead"),
        pytest.param(signed(claims(nbf="soon")), id="nbf is no number"),
        pytest.param(signed(claims(jti=7)), id="jti is no text"),
        pytest.param(signed(claims(jti="a\0b")), id="jti that cannot be stored"),
        pytest.param(
            signed(claims(exp=int((NOW + timedelta(minutes=6)).timestamp()))), id="exp too far"
        ),
        pytest.param(signed(claims(jti=None)), id="no jti"),
        pytest.param(signed(claims(jti="")), id="empty jti"),
        pytest.param(
            jwt.encode(claims(), "k" * 32, "HS256", headers={"kid": PUBLIC["kid"]}), id="HS256"
        ),
        pytest.param(
            jwt.encode(claims(), "", "none", headers={"kid": PUBLIC["kid"]}), id="alg none"
        ),
        pytest.param("abc", id="not a token"),
    ],
)
def test_a_bad_assertion_is_refused_sec_01(token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        security.verify_assertion(token, jwks=JWKS, audience=AUDIENCE, now=NOW)


# Long after whatever the clock of this machine says: only what is handed in may decide.
@pytest.mark.parametrize("now", [NOW, NOW.replace(year=2100)])
def test_a_device_whose_clock_is_a_little_ahead_gets_in_sec_01(now: datetime) -> None:
    ahead = int(now.timestamp()) + 45
    token = signed(claims(iat=ahead, nbf=ahead, exp=ahead + 60))

    proven = security.verify_assertion(token, jwks=JWKS, audience=AUDIENCE, now=now)

    assert proven.client == "client"


def test_a_token_of_a_machine_of_ours_whose_clock_is_ahead_is_good_at_once() -> None:
    ahead = NOW.replace(year=2100)
    token = security.issue_token(uuid4(), frozenset(), secret=SECRET, now=ahead)

    caller = security.read_token(token, secret=SECRET, now=ahead - timedelta(seconds=5))

    assert caller.kind == "client"


@pytest.mark.parametrize("issuer", [None, 7, ["client"], "a\0b"])
def test_an_issuer_that_nobody_can_have_is_refused_sec_01(issuer: Any) -> None:
    token = jwt.api_jws.encode(json.dumps(claims(iss=issuer)).encode(), SECRET)

    with pytest.raises(UnauthenticatedError):
        security.assertion_issuer(token)


def test_a_token_tells_who_holds_it_until_it_expires() -> None:
    client = uuid4()
    token = security.issue_token(
        client, frozenset({"system/Observation.c"}), secret=SECRET, now=NOW
    )

    caller = security.read_token(token, secret=SECRET, now=NOW + timedelta(seconds=299))

    assert (caller.kind, caller.id) == ("client", client)
    assert caller.scopes == {"system/Observation.c"}
    with pytest.raises(UnauthenticatedError, match="expired"):
        security.read_token(token, secret=SECRET, now=NOW + timedelta(seconds=300))


def forged(*, key: str = SECRET, alg: str = "HS256", **changes: Any) -> str:
    """Return a token like ours, changed in one thing; without a change it is one of ours."""
    whole = {
        "sub": str(uuid4()),
        "scope": "system/*.cruds",
        "iat": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 300,
        "aud": "wardlight-fhir",
        **changes,
    }
    said = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(said, key if alg != "none" else "", algorithm=alg)


def grafted(good: str, **changes: Any) -> str:
    """Return a token of ours whose claims were changed under its signature."""
    head, _, signature = good.split(".")
    claims = jwt.decode(good, options={"verify_signature": False}) | changes
    body = jwt.utils.base64url_encode(json.dumps(claims).encode()).decode()
    return f"{head}.{body}.{signature}"


FORGED = {
    "signed elsewhere": forged(key="x" * 43),
    "not signed": forged(alg="none"),
    "no signature": forged().rpartition(".")[0] + ".",
    "half a signature": forged()[:-20],
    "another algorithm, the same key": forged(alg="HS512", key=SECRET * 2),
    "signed by a client": signed({"sub": str(uuid4()), "scope": "", "aud": "wardlight-fhir"}),
    "more scopes": grafted(forged(scope="system/Observation.c"), scope="system/*.cruds"),
    "another client": grafted(forged(), sub=str(uuid4())),
    "a later end": grafted(forged(), exp=int(NOW.timestamp()) + 10_000),
    "for another audience": forged(aud="elsewhere"),
    "for no audience": forged(aud=None),
    "without an end": forged(exp=None),
    "of nobody": forged(sub=None),
    "without scopes": forged(scope=None),
    "nonsense": "a.b.c",
    "nothing": "",
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_a_forged_token_proves_nothing_sec_01(token: str) -> None:
    assert security.read_token(forged(), secret=SECRET, now=NOW).kind == "client"

    with pytest.raises(UnauthenticatedError):
        security.read_token(token, secret=SECRET, now=NOW)


def test_a_password_is_kept_as_argon2id_and_nothing_else() -> None:
    stored = security.hash_password("correct horse battery")

    assert stored.startswith("$argon2id$")
    assert security.password_matches(stored, "correct horse battery")
    assert not security.password_matches(stored, "wrong horse battery")
    assert not security.password_matches("not a hash", "correct horse battery")


def test_each_try_of_a_password_is_dear_sec_05() -> None:
    """No less than RFC 9106 asks where memory is short."""
    cost = security.PASSWORD_COST

    assert (cost.memory_cost >= 64 * 1024, cost.time_cost >= 3) == (True, True)  # KiB, passes
    hashed = PasswordHasher.from_parameters(cost).hash("correct horse battery")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert security.password_matches(hashed, "correct horse battery")
