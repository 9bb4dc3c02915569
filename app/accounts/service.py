"""Sign people in and out, and say who is behind a session cookie.

A failed try answers the same words in the same time whether or not the account exists
(SEC-06); a session ends after 15 idle minutes or 12 hours, and a revoked one at once (SEC-07).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy.exc import DBAPIError

from app.accounts import repository, throttle
from app.accounts.passwords import check_password
from app.accounts.proving import proved
from app.accounts.tables import AppUser, LoginSession, SignInFailure
from app.tries.service import note_sign_in
from core.audit import Action, record
from core.errors import ConflictError, InvalidError, NotFoundError
from core.logging import logger
from core.sealed_fields import seal, unseal
from core.security import (
    SYSTEM,
    Caller,
    Role,
    digest,
    hash_password,
    new_secret,
    password_matches,
)
from ingest.archive.repository import lock

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

log = logger(__name__)
IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
LONGEST_PASSWORD = 1024
TOUCH_AFTER = timedelta(seconds=20)  # a session is not written on every request


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is behind a live session, and how much of it is left."""

    session_id: UUID
    caller: Caller
    display_name: str
    expires_at: datetime
    idle_at: datetime  # when it ends unless something happens


@dataclass(frozen=True, slots=True)
class Refused:
    """The try failed; `retry_after` is how long the next one must wait."""

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try from the address `source`; whether demo accounts count, and `code`s are needed."""

    username: str
    password: str
    source: str
    demo: bool = False
    code: str = ""
    strict: bool = False


@dataclass(frozen=True, slots=True)
class NewUser:
    """What an account is made of."""

    username: str
    display_name: str
    password: str
    role: Role
    practitioner_id: UUID | None = None
    demo: bool = False


def create_user(session: Session, new: NewUser, *, now: datetime) -> UUID:
    """Create a local account and return its id.

    Raises
    ------
    InvalidError
        For an empty name, or a password of fewer than 15 characters or one that is well known
        (demo accounts excepted).
    ConflictError
        Where the user name is taken.
    """
    username = _normal(new.username)
    if not username or not new.display_name.strip():
        raise InvalidError("an account needs a user name and a display name", field="username")
    if not new.demo:
        check_password(new.password, username, new.display_name)
    return add_account(session, new, hash_password(new.password), now=now).id


def add_account(session: Session, new: NewUser, password_hash: str, *, now: datetime) -> AppUser:
    """Write an account down; raise `ConflictError` where the user name is taken."""
    username, account = _normal(new.username), uuid4()
    lock(session, [f"username|{username}"])  # two at once: one is told that the other was first
    if repository.by_username(session, username) is not None:
        raise ConflictError("this user name is taken", field="username")
    user = AppUser(
        id=account,
        username=username,
        display_name=seal(session, AppUser.display_name, new.display_name.strip(), id=account),
        password_hash=password_hash,
        role=new.role,
        practitioner_id=new.practitioner_id,
        demo=new.demo,
        created_at=now,
    )
    session.add(user)
    session.flush()
    record(session, SYSTEM, Action.CREATE, "app_user", now=now, entity_id=user.id)
    return user


def sign_in(session: Session, attempt: Attempt, *, now: datetime) -> str | Refused:
    """Return the secret of a new session, or the refusal, and write either to the audit.

    Address and user name of a failed try are stored as digests only. A refusal is a value, so
    that the failure it counts is committed.
    """
    username, nobody = _normal(attempt.username), _nobody()
    account, source = digest(username), digest(attempt.source)
    waiting = _waiting(session, account=account, source=source, now=now)
    user = repository.by_username(session, username)
    known = user is not None and not user.disabled and (attempt.demo or not user.demo)
    # The hash is verified even where nothing can come of it, so that time tells nothing.
    stored = (user.password_hash if user else "") or nobody
    right = password_matches(stored, attempt.password[:LONGEST_PASSWORD]) and known
    if waiting or not right or user is None or not proved(session, user, attempt, now=now):
        if not waiting:
            session.add(SignInFailure(account_digest=account, source_digest=source, at=now))
        note_sign_in(session, attempt.source, now=now)
        return Refused(waiting)
    repository.forget_failures(session, account=account, before=now - throttle.WINDOW)
    return open_session(session, user, now=now)


def open_session(session: Session, user: AppUser, *, now: datetime) -> str:
    """Return the secret of a new session: never one that a browser had before (SEC-07)."""
    secret = new_secret()
    session.add(
        LoginSession(
            user_id=user.id,
            secret_digest=digest(secret),
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
        )
    )
    record(session, _caller(user), Action.EXECUTE, "sign-in", now=now, entity_id=user.id)
    return secret


def signed_in(
    session: Session, secret: str, *, now: datetime, present: bool = True
) -> SignedIn | None:
    """Return who holds a session secret, or None where it is unknown, ended or revoked.

    `present` is False where a page asks by itself: that keeps no session alive.
    """
    found = repository.live_session(session, digest(secret)) if secret else None
    if found is None:
        return None
    login, user = found
    if user.disabled or now >= login.expires_at or now - login.last_seen_at >= IDLE:
        login.revoked_at = now
        return None
    if present and now - login.last_seen_at >= TOUCH_AFTER:
        _touch(session, login, now=now)
    name = unseal(session, AppUser.display_name, user.display_name, id=user.id)
    return SignedIn(login.id, _caller(user), name, login.expires_at, login.last_seen_at + IDLE)


def role_of(session: Session, secret: str) -> Role:
    """Return the role of who has just come in with a secret; their session is not touched."""
    session.flush()
    found = repository.live_session(session, digest(secret))
    if found is None:
        raise NotFoundError("no such session")
    return Role(found[1].role)


def _touch(session: Session, login: LoginSession, *, now: datetime) -> None:
    """Write down that somebody is there; a store that takes nothing keeps nobody from reading."""
    try:
        with session.begin_nested():
            login.last_seen_at = now
    except DBAPIError:
        log.warning("the store takes nothing: a session is not prolonged")


def owner(session: Session, secret: str) -> UUID | None:
    """Return whose session a secret was, whether or not it has ended; it opens nothing."""
    return repository.owner(session, digest(secret))


def still_in(session: Session, digests: Collection[str], *, now: datetime) -> dict[str, Caller]:
    """Return who is behind those of some sessions that stand, by digest; it keeps none alive."""
    found = repository.live_sessions(session, digests, now=now, idle_since=now - IDLE)
    return {each: _caller(user) for each, user in found}


def sign_out(session: Session, secret: str, *, now: datetime) -> None:
    """End a session at once."""
    found = repository.live_session(session, digest(secret))
    if found is not None:
        found[0].revoked_at = now
        record(session, _caller(found[1]), Action.EXECUTE, "sign-out", now=now)


def revoke_sessions(session: Session, user_id: UUID, *, now: datetime) -> None:
    """End every session of an account; each acts on its next request (SEC-15)."""
    repository.revoke(session, user_id, now=now)


def disable(session: Session, user_id: UUID, *, now: datetime) -> None:
    """Close an account and end its sessions."""
    user = session.get_one(AppUser, user_id)
    user.disabled = True
    revoke_sessions(session, user_id, now=now)
    record(session, SYSTEM, Action.UPDATE, "app_user", now=now, entity_id=user_id)


def named(session: Session, username: str) -> AppUser:
    """Return the account of a user name; raise `NotFoundError` where there is none."""
    user = repository.by_username(session, _normal(username))
    if user is None:
        raise NotFoundError("no account has this user name")
    return user


def _caller(user: AppUser) -> Caller:
    return Caller("user", user.id, role=Role(user.role), practitioner_id=user.practitioner_id)


def _waiting(session: Session, *, account: str, source: str, now: datetime) -> timedelta:
    by_account, by_source = repository.failures(
        session, account=account, source=source, since=now - throttle.WINDOW
    )
    return max(
        throttle.wait(by_account, now=now, allowance=throttle.ACCOUNT_ALLOWANCE),
        throttle.wait(by_source, now=now, allowance=throttle.SOURCE_ALLOWANCE),
    )


def must_wait(session: Session, source: str, *, now: datetime) -> bool:
    """Return whether an address has tried too many links of patients that open nothing."""
    failed, _ = repository.failures(
        session, account=_linking(source), source="", since=now - throttle.WINDOW
    )
    return bool(throttle.wait(failed, now=now, allowance=throttle.SOURCE_ALLOWANCE))


def note_failure(session: Session, source: str, *, now: datetime) -> None:
    """Count a link that opened nothing, apart from sign-ins: neither slows the other."""
    session.add(SignInFailure(account_digest=_linking(source), source_digest="", at=now))


def _linking(source: str) -> str:
    return digest(f"link of a patient|{source}")


def _normal(username: str) -> str:
    return username.strip().casefold()[:200]


@cache
def _nobody() -> str:
    """Return the hash that is verified for an account that does not exist.

    Whoever signs in first in a process has it made, known or not: it takes as long as a verify.
    """
    return hash_password(new_secret())
