"""The second factor of an account: whether it was shown, and a new one for whoever lost theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.accounts import repository, second_factor
from app.accounts.tables import AppUser
from core.audit import Action, record
from core.errors import NotFoundError
from core.sealed_fields import seal, unseal
from core.security import SYSTEM

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.accounts.service import Attempt


def proved(session: Session, user: AppUser, attempt: Attempt, *, now: datetime) -> bool:
    """Return whether the second factor was shown, and take its code out of use (SEC-05).

    A strict attempt opens no account that may do most where there is no second factor at all.
    """
    secret = unseal(session, AppUser.second_factor, user.second_factor, id=user.id)
    if not secret:
        return not (attempt.strict and not user.demo and user.role in second_factor.PRIVILEGED)
    # Held: of two who come with one code at once, the second finds it used.
    session.refresh(user, ["second_factor_step"], with_for_update=True)
    step = second_factor.step_of(secret, attempt.code, now=now, after=user.second_factor_step)
    if step is None:
        return False
    user.second_factor_step = step
    return True


def enrol(session: Session, username: str, *, now: datetime) -> str:
    """Return the secret of a new account that may do most; "" for who needs none or has one."""
    user = _named(session, username)
    if user.second_factor or user.demo or user.role not in second_factor.PRIVILEGED:
        return ""
    return _given(session, user, now=now)


def renew(session: Session, username: str, *, now: datetime) -> str:
    """Return a new secret for somebody's authenticator app; the one before opens nothing more.

    Raises `NotFoundError` where nobody has this user name.
    """
    user = _named(session, username)
    repository.revoke(session, user.id, now=now)
    return _given(session, user, now=now)


def _named(session: Session, username: str) -> AppUser:
    user = repository.by_username(session, username.strip().casefold())
    if user is None:
        raise NotFoundError("no account has this user name")
    return user


def _given(session: Session, user: AppUser, *, now: datetime) -> str:
    secret = second_factor.fresh()
    user.second_factor = seal(session, AppUser.second_factor, secret, id=user.id)
    record(session, SYSTEM, Action.UPDATE, "app_user", now=now, entity_id=user.id)
    return secret
