"""Who is calling, and how that is proven: roles, passwords, tokens, assertions."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jwt
from argon2 import PasswordHasher, profiles
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import UnauthenticatedError

if TYPE_CHECKING:
    from jwt.types import Options

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ("RS384", "ES384")
_KEY_TYPES = {"RS384": "RSA", "ES384": "EC"}
ASSERTION_LIFETIME = timedelta(minutes=5)
CLOCKS_DIFFER = timedelta(seconds=60)
# Judged by our own `now`, and with patience for a clock ahead: the library has neither.
_TIMES_APART: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
ACCESS_TOKEN_SECONDS = 300
_TOKEN_ALGORITHM = "HS256"  # noqa: S105 (an algorithm's name); our own tokens, our own key


class Role(StrEnum):
    """What a signed-in person may do."""

    PHYSICIAN = "physician"
    NURSE = "nurse"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"  # sets the clinic up, and sees nothing clinical
    PRIVACY_OFFICER = "privacy-officer"  # sees who saw what, and nothing clinical


CLINICAL = frozenset({Role.PHYSICIAN, Role.NURSE, Role.SUPERVISOR})
REVIEWERS = frozenset({Role.SUPERVISOR, Role.PRIVACY_OFFICER})  # of access in an emergency


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody or something that asks: a person, a device integration, or the program itself."""

    kind: str  # "user" | "client" | "system"
    id: UUID | None
    role: Role | None = None
    practitioner_id: UUID | None = None
    scopes: frozenset[str] = field(default_factory=frozenset)


SYSTEM = Caller(kind="system", id=None)


# --- client assertions (SMART Backend Services, SEC-01) --------------------------------


@dataclass(frozen=True, slots=True)
class Assertion:
    """The proven claims of a client assertion."""

    client: str
    jti: str
    expires: datetime


def assertion_issuer(token: str) -> str:
    """Return the unproven `iss`, only to look up whose key must prove it."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise UnauthenticatedError("client_assertion is not a JWT") from error
    issuer = claims.get("iss")
    # The database cannot be asked for a text with U+0000.
    if not isinstance(issuer, str) or "\0" in issuer:
        raise UnauthenticatedError("client_assertion refused: iss must be the client's id")
    return issuer


def assertion_kid(token: str) -> str:
    """Return the unproven `kid`, only to look up which key must prove it."""
    try:
        return str(jwt.get_unverified_header(token).get("kid", ""))
    except jwt.InvalidTokenError as error:
        raise UnauthenticatedError("client_assertion is not a JWT") from error


def verify_assertion(
    token: str, *, jwks: dict[str, Any], audience: str, now: datetime, address: str = ""
) -> Assertion:
    """Prove a client assertion against the client's registered keys.

    `address` is the registered address of the key set, "" where the keys themselves are
    registered; a `jku` that names any other is refused.

    Raises
    ------
    UnauthenticatedError
        For a wrong algorithm (`none` and HS* included), unknown `kid`, bad signature,
        `iss` that is not `sub`, wrong `aud`, missing `jti`, or an `exp` that is past or
        more than five minutes ahead; for an `iat` or `nbf` more than a minute ahead.
    """
    try:
        claims = jwt.decode(
            token,
            key=_proving(token, jwks, address).key,
            algorithms=list(ASSERTION_ALGORITHMS),
            audience=audience,
            options={"require": ["iss", "sub", "aud", "exp", "jti"], **_TIMES_APART},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise UnauthenticatedError(f"client_assertion refused: {error}") from error
    if claims["iss"] != claims["sub"]:
        raise UnauthenticatedError("client_assertion refused: iss and sub differ")
    return _lasting(claims, now=now)


def verify_service_token(
    token: str, *, jwks: dict[str, Any], audience: str, now: datetime, address: str = ""
) -> Assertion:
    """Prove the JWT of a CDS client: as an assertion, but with `iat` and for one address.

    Raises
    ------
    UnauthenticatedError
        As `verify_assertion` does, `iss` and `sub` apart.
    """
    try:
        claims = jwt.decode(
            token,
            key=_proving(token, jwks, address).key,
            algorithms=list(ASSERTION_ALGORITHMS),
            audience=audience,
            options={"require": ["iss", "aud", "exp", "iat", "jti"], **_TIMES_APART},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise UnauthenticatedError(f"the JWT is refused: {error}") from error
    return _lasting(claims, now=now)


def _lasting(claims: dict[str, Any], *, now: datetime) -> Assertion:
    jti, expires = claims["jti"], _instant(claims, "exp")
    if not isinstance(jti, str) or not jti or "\0" in jti:
        raise UnauthenticatedError("client_assertion refused: jti must be a text")
    if not now < expires <= now + ASSERTION_LIFETIME:
        raise UnauthenticatedError("client_assertion refused: exp is past or over 5 min ahead")
    for name in ("iat", "nbf"):
        if name in claims and _instant(claims, name) > now + CLOCKS_DIFFER:
            raise UnauthenticatedError(f"client_assertion refused: {name} is in the future")
    return Assertion(client=str(claims["iss"]), jti=jti, expires=expires)


def _instant(claims: dict[str, Any], name: str) -> datetime:
    said = claims[name]
    if isinstance(said, int | float):
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(int(said), tz=UTC)
    raise UnauthenticatedError(f"client_assertion refused: {name} must be seconds since 1970")


def _proving(token: str, jwks: dict[str, Any], address: str) -> jwt.PyJWK:
    header = jwt.get_unverified_header(token)
    if header.get("jku", address) != address:
        raise jwt.InvalidKeyError("jku is not the registered address")
    return _key_for(header, jwks)


def _key_for(header: dict[str, Any], jwks: dict[str, Any]) -> jwt.PyJWK:
    if header.get("alg") not in ASSERTION_ALGORITHMS:
        raise jwt.InvalidAlgorithmError("alg must be RS384 or ES384")
    kind = _KEY_TYPES[header["alg"]]
    fitting = [
        each
        for each in jwks.get("keys", [])
        if each.get("kid") == header.get("kid") and each.get("kty") == kind
    ]
    if len(fitting) != 1:
        raise jwt.InvalidKeyError("kid must name one registered key of the algorithm's type")
    return jwt.PyJWK(fitting[0], algorithm=header["alg"])


# --- access tokens ---------------------------------------------------------------------


def issue_token(client_id: UUID, scopes: frozenset[str], *, secret: str, now: datetime) -> str:
    """Return a bearer token that lives for at most five minutes."""
    claims = {
        "sub": str(client_id),
        "scope": " ".join(sorted(scopes)),
        "iat": int(now.timestamp()),
        "exp": int(now.timestamp()) + ACCESS_TOKEN_SECONDS,
        "aud": "wardlight-fhir",
    }
    return jwt.encode(claims, secret, algorithm=_TOKEN_ALGORITHM)


def read_token(token: str, *, secret: str, now: datetime) -> Caller:
    """Return who holds a bearer token; raise `UnauthenticatedError` when it proves nothing."""
    caller, expires = _proven(token, secret)
    if expires <= int(now.timestamp()):
        raise UnauthenticatedError("bearer token has expired")
    return caller


@lru_cache(maxsize=4096)
def _proven(token: str, secret: str) -> tuple[Caller, int]:
    """Return what a token proves and until when: a token says the same each time it is read."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=[_TOKEN_ALGORITHM],
            audience="wardlight-fhir",
            # Another machine of ours, whose clock is ahead, may have issued it this second.
            options={"require": ["sub", "exp", "scope"], **_TIMES_APART},
        )
    except jwt.PyJWTError as error:
        raise UnauthenticatedError("bearer token is not valid") from error
    caller = Caller("client", UUID(claims["sub"]), scopes=frozenset(claims["scope"].split()))
    return caller, int(claims["exp"])


# --- passwords, sessions, opaque secrets -----------------------------------------------

PASSWORD_COST = profiles.RFC_9106_LOW_MEMORY  # 64 MiB and three passes a try (SEC-05)
_HASHER = PasswordHasher.from_parameters(PASSWORD_COST)


def hash_password(password: str) -> str:
    """Return an Argon2id hash (SEC-05)."""
    return _HASHER.hash(password)


def password_matches(stored: str, password: str) -> bool:
    """Return whether a password fits its Argon2id hash, in the hash's own time."""
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def new_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return what is stored instead of a session secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token(session_secret: str, *, key: str) -> str:
    """Return the token that proves a form came from the page of this session (SEC-09)."""
    return hmac.new(key.encode(), session_secret.encode(), hashlib.sha256).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode(), right.encode())
