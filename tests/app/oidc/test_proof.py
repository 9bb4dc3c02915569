"""Which signatures prove who signed in, and which never do (SEC-05)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from app.oidc.errors import SignInError
from app.oidc.proof import Expected, Identity, prove

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
EXPECTED = Expected("https://login.clinic.example", "wardlight", "nonce", "access")
SECONDS = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": EXPECTED.issuer,
    "aud": "wardlight",
    "sub": "kim",
    "nonce": "nonce",
    "iat": SECONDS,
    "exp": SECONDS + 300,
}
RSA = RSAKey.generate_key(2048, {"kid": "r"})
CURVE = ECKey.generate_key("P-256", {"kid": "e"})
SHARED = OctKey.generate_key(256, {"kid": "o"})
RING: Any = KeySet([RSA, CURVE]).as_dict(private=False)


def token(alg: str, key: Any, **changed: object) -> str:
    registry = jws.JWSRegistry(algorithms=[alg])
    return jwt.encode({"alg": alg, "kid": key.kid}, CLAIMS | changed, key, registry=registry)


@pytest.mark.parametrize(
    ("alg", "key"),
    [("RS256", RSA), ("PS256", RSA), ("ES256", CURVE)],
    ids=["RS256", "PS256", "ES256"],
)
def test_three_algorithms_prove_who_it_is_sec_05(alg: str, key: Any) -> None:
    assert prove(token(alg, key), RING, EXPECTED, now=NOW) == Identity(EXPECTED.issuer, "kim")


@pytest.mark.parametrize(
    ("alg", "key"),
    [("RS512", RSA), ("PS384", RSA), ("HS256", SHARED)],
    ids=["RS512", "PS384", "HS"],
)
def test_no_other_algorithm_does_sec_05(alg: str, key: Any) -> None:
    ring = {"keys": [*RING["keys"], SHARED.as_dict(private=True)]}

    with pytest.raises(SignInError):
        prove(token(alg, key), ring, EXPECTED, now=NOW)


@pytest.mark.parametrize(
    "ring", [{}, {"keys": []}, {"keys": None}, {"keys": [SHARED.as_dict(private=True)]}]
)
def test_without_a_public_key_nothing_is_proven_sec_05(ring: dict[str, Any]) -> None:
    with pytest.raises(SignInError):
        prove(token("RS256", RSA), ring, EXPECTED, now=NOW)


NO_USE: list[Any] = [
    {"kty": "EC", "kid": "k", "crv": "a curve of tomorrow", "x": "AA", "y": "AA"},
    {"kty": "RSA", "kid": "half"},
    {"kty": "OKP", "kid": "x", "crv": "X25519", "x": "AA"},
    {**RING["keys"][0], "use": "enc", "alg": "RSA-OAEP"},
    7,
]


@pytest.mark.parametrize("beside", NO_USE, ids=["curve", "half", "kind", "enc", "no key"])
def test_a_key_of_no_use_beside_the_right_one_keeps_nobody_out_sec_05(beside: Any) -> None:
    ring = {"keys": [beside, *RING["keys"]]}

    assert prove(token("RS256", RSA), ring, EXPECTED, now=NOW).subject == "kim"
    with pytest.raises(SignInError):
        prove(token("RS256", RSA), {"keys": [beside]}, EXPECTED, now=NOW)


@pytest.mark.parametrize(("ago", "proven"), [(59, True), (61, False)])
def test_clocks_may_differ_by_a_minute(ago: int, *, proven: bool) -> None:
    late = token("RS256", RSA, exp=SECONDS - ago)

    if proven:
        assert prove(late, RING, EXPECTED, now=NOW)
        return
    with pytest.raises(SignInError):
        prove(late, RING, EXPECTED, now=NOW)


@pytest.mark.parametrize("text", ["", "a.b.c", "eyJ.eyJ.", "...", "\0"])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(SignInError):
        prove(text, RING, EXPECTED, now=NOW)
