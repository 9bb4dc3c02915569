"""Registers device integrations and exchanges their proof of identity for a short token."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core.errors import ConflictError, InvalidError, NotFoundError, UnauthenticatedError
from core.scopes import Scope, permitted, valid_scope
from core.security import (
    ACCESS_TOKEN_SECONDS,
    ASSERTION_TYPE,
    assertion_issuer,
    assertion_kid,
    issue_token,
    verify_assertion,
)
from fhir.policy import LENIENT, Mode, Policy, Tolerance
from ingest.access.repository import raise_wall
from ingest.keysets.service import PRIVATE
from ingest.receipt import Sender
from ingest.tables import Client, ClientAssertion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

    from core.security import Caller

LONGEST_JTI = 255


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """What the token endpoint needs to know: its own address, and the key it signs with."""

    audience: str
    secret: str


def register_client(  # noqa: PLR0913 (a registration has this many facts)
    session: Session,
    name: str,
    scopes: Iterable[str],
    jwks: Mapping[str, Any],
    *,
    history: bool = False,
    policy: Policy = LENIENT,
    bound: bool = False,
    parks: bool = False,
    research: bool = False,
    jwks_url: str = "",
    now: datetime,
) -> UUID:
    """Register a device integration; its id, or its name, is its OAuth client id.

    Its public keys are given, or the https address where it keeps them (`jwks_url`): one of both.
    One for `research` sees only whose yes to research stands (SEC-47).

    Raises
    ------
    InvalidError
        For a scope that cannot be granted, or a key set without or with private keys.
    ConflictError
        When the name is taken.
    """
    granted = sorted(set(scopes))
    if not granted or not all(valid_scope(scope) for scope in granted):
        raise InvalidError("scopes must be SMART v2 system scopes", field="scopes")
    _keys_or_address(jwks, jwks_url)
    client = uuid4()
    row = insert(Client).values(
        id=client,
        name=name,
        jwks=dict(jwks),
        scopes=granted,
        history=history,
        jwks_url=jwks_url,
        mode=policy.mode,
        tolerances=sorted(policy.tolerances),
        bound=bound,
        parks=parks,
        research=research,
        disabled=False,
        created_at=now,
    )
    stored = row.on_conflict_do_nothing(index_elements=["name"]).returning(Client.id)
    if session.scalar(stored) is None:
        raise ConflictError("a client of this name is registered", field="name")
    return client


def live_keys(jwks: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    """Return the key set without those keys whose time beside a newer one is over."""
    held = [
        key
        for key in jwks.get("keys", [])
        if "until" not in key or datetime.fromisoformat(key["until"]) > now
    ]
    return {"keys": held}


def _keys_or_address(jwks: Mapping[str, Any], address: str) -> None:
    keys = jwks.get("keys") or []
    if bool(keys) == bool(address):
        raise InvalidError("give either the public keys or their address", field="jwks")
    if any(PRIVATE & set(key) for key in keys):
        raise InvalidError("the key set must hold public keys, and only those", field="jwks")


def key_address(session: Session, form: Mapping[str, str]) -> tuple[str, str]:
    """Return where the client of a token request keeps its keys ("" for here), and the kid."""
    _well_formed(form)
    token = form["client_assertion"]
    return presenter(session, token).jwks_url, assertion_kid(token)


def presenter(session: Session, token: str) -> Client:
    """Return the client that a token says it is from: whose keys must prove it."""
    client = _find(session, assertion_issuer(token))
    if client is None or client.disabled:
        raise UnauthenticatedError("client is not registered")
    return client


def agree(session: Session, name: str, policy: Policy) -> None:
    """Change the mode and the tolerances of a registered client, from its next request on.

    Raises
    ------
    NotFoundError
        When no client has this name.
    """
    client = session.scalar(select(Client).where(Client.name == name))
    if client is None:
        raise NotFoundError("no client of this name is registered")
    client.mode, client.tolerances = policy.mode, sorted(policy.tolerances)


def exchange_token(
    session: Session,
    form: Mapping[str, str],
    policy: TokenPolicy,
    *,
    now: datetime,
    fetched: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the token response of SMART Backend Services (SEC-01).

    `fetched` is the key set of a client that keeps its keys at an address (`key_address`).
    The assertion's `jti` is written in this transaction, so a replay is refused by every
    process and after a restart (SEC-02).

    Raises
    ------
    InvalidError
        With the OAuth error code in `field`.
    UnauthenticatedError
        When the assertion proves nothing, the client is unknown or disabled.
    """
    _well_formed(form)
    token = form["client_assertion"]
    client = presenter(session, token)
    proof = verify_assertion(
        token,
        jwks=dict(fetched or {}) if client.jwks_url else live_keys(client.jwks, now=now),
        audience=policy.audience,
        now=now,
        address=client.jwks_url,
    )
    use_once(session, client.id, proof.jti, proof.expires, now=now)
    scopes = _granted(client, form.get("scope", ""))
    return {
        "access_token": issue_token(client.id, scopes, secret=policy.secret, now=now),
        "token_type": "bearer",
        "expires_in": ACCESS_TOKEN_SECONDS,
        "scope": " ".join(sorted(scopes)),
    }


def _find(session: Session, client_id: str) -> Client | None:
    """Return the client by its id, or by its name, which is unique too."""
    with suppress(ValueError):
        return session.get(Client, UUID(client_id))
    return session.scalar(select(Client).where(Client.name == client_id))


def _well_formed(form: Mapping[str, str]) -> None:
    if form.get("grant_type") != "client_credentials":
        raise InvalidError("client_credentials is the only grant", field="unsupported_grant_type")
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidError("client_assertion_type must be jwt-bearer", field="invalid_request")
    if not form.get("client_assertion"):
        raise InvalidError("client_assertion is missing", field="invalid_request")


def use_once(session: Session, client: UUID, jti: str, expires: datetime, *, now: datetime) -> None:
    """Write a proof down; whoever shows it again is refused, by every process (SEC-02)."""
    if len(jti) > LONGEST_JTI:
        raise UnauthenticatedError("client_assertion refused: jti is too long")
    session.execute(
        delete(ClientAssertion).where(
            ClientAssertion.client_id == client, ClientAssertion.expires_at < now
        )
    )
    row = insert(ClientAssertion).values(client_id=client, jti=jti, expires_at=expires)
    used = session.scalar(row.on_conflict_do_nothing().returning(ClientAssertion.jti))
    if used is None:
        raise UnauthenticatedError("client_assertion refused: jti was used before")


def _granted(client: Client, asked: str) -> frozenset[str]:
    """Return the registered scopes that were asked for; all of them where none was named."""
    registered = frozenset(str(scope) for scope in client.scopes)
    scopes = frozenset(s for s in asked.split() if _within(s, registered)) if asked else registered
    if not scopes:
        raise InvalidError("none of these scopes is registered", field="invalid_scope")
    return scopes


def _within(scope: str, registered: frozenset[str]) -> bool:
    """Return whether a scope asks for no more than what is registered."""
    asked = Scope.read(scope)
    if asked is None:
        return False
    granted = [permitted(registered, asked.type, right) for right in asked.rights]
    return all(
        each is None or (bool(asked.categories) and asked.categories <= each) for each in granted
    )


def sender_of(session: Session, caller: Caller, *, base: str, site_zone: str) -> Sender:
    """Return who posts; a client that was disabled is refused on its next request."""
    client = session.get(Client, caller.id) if caller.kind == "client" else None
    if client is None or client.disabled:
        raise UnauthenticatedError("client is not registered")
    policy = Policy(Mode(client.mode), frozenset(map(Tolerance, client.tolerances)))
    return Sender(
        caller,
        client.id,
        base,
        site_zone,
        history=client.history,
        bound=client.bound,
        parks=client.parks,
        policy=policy,
    )


def reader_of(session: Session, caller: Caller) -> None:
    """Let a client read whom it may: the door of every route by which clients are told something.

    A client that was disabled is refused; PostgreSQL keeps everybody else from the rest of the
    transaction (SEC-11).
    """
    sender_of(session, caller, base="", site_zone="")
    raise_wall(session, caller)
