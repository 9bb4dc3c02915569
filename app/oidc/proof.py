"""Whether an ID token proves who signed in: signature, issuer, audience, time, nonce (SEC-05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from app.oidc.errors import SignInError

if TYPE_CHECKING:
    from datetime import datetime

ALGORITHMS = ("RS256", "ES256", "PS256")  # never `none`, never one with a shared secret
PUBLIC_KEYS = ("RSA", "EC")
LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, 2


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, at whose provider."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say."""

    issuer: str
    client_id: str
    nonce: str
    access_token: str


def prove(token: str, keys: dict[str, Any], expected: Expected, *, now: datetime) -> Identity:
    """Return whom an ID token proves.

    Raises
    ------
    SignInError
        `unknown key`, or `id token` where anything in it is missing or wrong.
    """
    ring = _ring(keys)
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": expected.issuer},
        "sub": {"essential": True},
        "aud": {"essential": True, "value": expected.client_id},
    }
    params = {
        "nonce": expected.nonce,
        "client_id": expected.client_id,
        "access_token": expected.access_token,
    }
    try:
        read = jwt.decode(token, ring, algorithms=list(ALGORITHMS))
        claims = CodeIDToken(read.claims, read.header, options, params)
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise SignInError("id token") from error
    subject = str(claims["sub"])
    if "\0" in subject or len(subject) > LONGEST_SUBJECT:
        raise SignInError("id token")
    return Identity(expected.issuer, subject)


def _ring(keys: dict[str, Any]) -> KeySet:
    """Return the public keys of a set that may prove something; raise where there is none."""
    listed = keys.get("keys")
    read = [_key(each) for each in (listed if isinstance(listed, list) else [])]
    usable = [each for each in read if each is not None]
    if not usable:
        raise SignInError("unknown key")
    return KeySet(usable)


def _key(said: object) -> Key | None:
    """Return a key, None where it is of no use: it keeps nobody out beside others (RFC 7517, 5)."""
    if not isinstance(said, dict) or said.get("kty") not in PUBLIC_KEYS or said.get("use") == "enc":
        return None
    try:
        return import_key(said)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
