"""Accounts of the organisation: invited by us, bound to a person by the provider (SEC-05).

Nobody who was not invited gets in, however well the provider knows them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from app.accounts import repository
from app.accounts.service import add_account, open_session
from app.accounts.tables import AppUser
from core.audit import Action, record
from core.errors import ConflictError, InvalidError
from core.security import SYSTEM, digest, new_secret

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.accounts.service import NewUser
    from app.oidc.proof import Identity
    from core.security import Caller

INVITATION_LASTS = timedelta(days=7)
STATE_KEPT = timedelta(hours=1)  # longer than a crossing lasts
NO_PASSWORD = ""  # a hash that no password fits


def invite(session: Session, new: NewUser, *, now: datetime) -> str:
    """Make an account without a password, and return the secret of its one-time link.

    Raises
    ------
    InvalidError
        For an empty name.
    ConflictError
        Where the user name is taken.
    """
    return renew(_account(session, new, now=now), now=now)


def renew(user: AppUser, *, now: datetime) -> str:
    """Return the secret of a new one-time link for an account; the one before opens nothing."""
    secret = new_secret()
    user.invitation_digest, user.invited_until = digest(secret), now + INVITATION_LASTS
    return secret


def admit(session: Session, new: NewUser, identity: Identity, *, now: datetime) -> None:
    """Make an account for a subject that is known already; raise `ConflictError` where bound."""
    if repository.by_identity(session, identity.issuer, identity.subject) is not None:
        raise ConflictError("this subject has an account", field="subject")
    user = _account(session, new, now=now)
    user.issuer, user.subject = identity.issuer, identity.subject


def _account(session: Session, new: NewUser, *, now: datetime) -> AppUser:
    if not new.username.strip() or not new.display_name.strip():
        raise InvalidError("an account needs a user name and a display name", field="username")
    return add_account(session, replace(new, password=""), NO_PASSWORD, now=now)


def first_return(session: Session, state: str, *, now: datetime) -> bool:
    """Return whether a crossing comes back for the first time."""
    return repository.spend(session, digest(state), now=now, before=now - STATE_KEPT)


def enter(session: Session, identity: Identity, invitation: str, *, now: datetime) -> str | None:
    """Return the secret of a new session, with its row in the audit; None without an account."""
    user = repository.by_identity(session, identity.issuer, identity.subject)
    if user is None and invitation:
        user = _bind(session, identity, invitation, now=now)
    if user is None or user.disabled:
        return None
    return open_session(session, user, now=now)


def is_bound(session: Session, caller: Caller) -> bool:
    """Return whether a person signs in at the organisation."""
    user = session.get(AppUser, caller.id)
    return user is not None and user.subject is not None


def _bind(
    session: Session, identity: Identity, invitation: str, *, now: datetime
) -> AppUser | None:
    user = repository.by_invitation(session, digest(invitation), now=now)
    if user is None or user.disabled:
        return None
    user.issuer, user.subject = identity.issuer, identity.subject
    user.invitation_digest = user.invited_until = None
    session.flush()
    record(session, SYSTEM, Action.UPDATE, "app_user", now=now, entity_id=user.id)
    return user
