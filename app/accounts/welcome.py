"""Whoever was invited chooses a password, where accounts are local (SEC-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.accounts import repository
from app.accounts.passwords import check_password
from app.accounts.tables import AppUser
from core.audit import Action, record
from core.errors import NotFoundError
from core.sealed_fields import unseal
from core.security import SYSTEM, digest, hash_password

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def invited(session: Session, secret: str, *, now: datetime) -> AppUser:
    """Return whose invitation a link is; raise `NotFoundError` for one that opens nothing."""
    user = repository.by_invitation(session, digest(secret), now=now)
    if user is None or user.disabled or user.password_hash:
        raise NotFoundError("no such invitation")
    return user


def choose_password(session: Session, secret: str, password: str, *, now: datetime) -> AppUser:
    """Give an invited account its password and return it; the link is spent.

    Raises `NotFoundError` for a link that opens nothing, `InvalidError` for a poor password.
    """
    user = invited(session, secret, now=now)
    shown = unseal(session, AppUser.display_name, user.display_name, id=user.id)
    check_password(password, user.username, shown)
    user.password_hash = hash_password(password)
    user.invitation_digest = user.invited_until = None
    session.flush()
    record(session, SYSTEM, Action.UPDATE, "app_user", now=now, entity_id=user.id)
    return user
