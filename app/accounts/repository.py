"""Queries for accounts, their sessions and their failed tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from app.accounts.tables import AppUser, LoginSession, SignInFailure

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def by_username(session: Session, username: str) -> AppUser | None:
    """Return the account of a normalised user name."""
    return session.scalar(select(AppUser).where(AppUser.username == username))


def live_session(session: Session, digest: str) -> tuple[LoginSession, AppUser] | None:
    """Return a session that was not revoked, with its account, by the digest of its secret."""
    row = session.execute(
        select(LoginSession, AppUser)
        .join(AppUser, AppUser.id == LoginSession.user_id)
        .where(LoginSession.secret_digest == digest, LoginSession.revoked_at.is_(None))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def revoke(session: Session, user_id: UUID, *, now: datetime) -> None:
    """End every live session of an account."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )


def failures(
    session: Session, *, account: str, source: str, since: datetime
) -> tuple[list[datetime], list[datetime]]:
    """Return when an account, and an address, failed since an instant (both as digests)."""
    return (
        list(
            session.scalars(
                select(SignInFailure.at).where(
                    SignInFailure.account_digest == account, SignInFailure.at > since
                )
            )
        ),
        list(
            session.scalars(
                select(SignInFailure.at).where(
                    SignInFailure.source_digest == source, SignInFailure.at > since
                )
            )
        ),
    )


def forget_failures(session: Session, *, account: str, before: datetime) -> None:
    """Drop the failures of an account that has signed in, and all that are too old to count."""
    session.execute(
        delete(SignInFailure).where(
            (SignInFailure.account_digest == account) | (SignInFailure.at < before)
        )
    )
