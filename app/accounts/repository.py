"""Queries for accounts, their sessions and their failed tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.accounts.tables import AppUser, LoginSession, SignInFailure, SpentState

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def by_username(session: Session, username: str) -> AppUser | None:
    """Return the account of a normalised user name."""
    return session.scalar(select(AppUser).where(AppUser.username == username))


def by_identity(session: Session, issuer: str, subject: str) -> AppUser | None:
    """Return the account that is bound to somebody at a provider."""
    query = select(AppUser).where(AppUser.issuer == issuer, AppUser.subject == subject)
    return session.scalar(query)


def by_invitation(session: Session, digest: str, *, now: datetime) -> AppUser | None:
    """Return the account that an invitation is for, held until this transaction ends."""
    return session.scalar(
        select(AppUser)
        .where(
            AppUser.invitation_digest == digest,
            AppUser.invited_until > now,
            AppUser.subject.is_(None),
        )
        .with_for_update()
    )


def spend(session: Session, digest: str, *, now: datetime, before: datetime) -> bool:
    """Return whether a state is spent for the first time; forget those from before an instant."""
    session.execute(delete(SpentState).where(SpentState.at < before))
    row = insert(SpentState).values(digest=digest, at=now).on_conflict_do_nothing()
    return session.scalar(row.returning(SpentState.digest)) is not None


def live_session(session: Session, digest: str) -> tuple[LoginSession, AppUser] | None:
    """Return a session that was not revoked, with its account, by the digest of its secret."""
    row = session.execute(
        select(LoginSession, AppUser)
        .join(AppUser, AppUser.id == LoginSession.user_id)
        .where(LoginSession.secret_digest == digest, LoginSession.revoked_at.is_(None))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def owner(session: Session, digest: str) -> UUID | None:
    """Return whose session it is, or was."""
    return session.scalar(select(LoginSession.user_id).where(LoginSession.secret_digest == digest))


def live_sessions(
    session: Session, digests: Collection[str], *, now: datetime, idle_since: datetime
) -> list[tuple[str, AppUser]]:
    """Return those of some sessions that stand, each with its account."""
    rows = session.execute(
        select(LoginSession.secret_digest, AppUser)
        .join(AppUser, AppUser.id == LoginSession.user_id)
        .where(
            LoginSession.secret_digest.in_(digests),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > now,
            LoginSession.last_seen_at > idle_since,
            ~AppUser.disabled,
        )
    )
    return [(each, user) for each, user in rows]


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
