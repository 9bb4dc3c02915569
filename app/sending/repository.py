"""Keeps which forms were taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.sending.tables import SentForm

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

MOST_AT_ONCE = 100


def add(session: Session, digest: str, subject_id: UUID, *, by: UUID | None, now: datetime) -> bool:
    """Return whether a form comes for the first time; waits for one that is being taken."""
    values = {"digest": digest, "actor_id": by, "subject_id": subject_id, "at": now}
    row = insert(SentForm).values(**values).on_conflict_do_nothing()
    return session.scalar(row.returning(SentForm.digest)) is not None


def forget(session: Session, subject_id: UUID, *, by: UUID | None) -> None:
    """Forget what somebody sent about a subject."""
    session.execute(
        delete(SentForm).where(SentForm.subject_id == subject_id, SentForm.actor_id == by)
    )


def prune(session: Session, *, before: datetime) -> None:
    """Forget some of what is too old to be sent again; others may be doing the same."""
    old = select(SentForm.digest).where(SentForm.at < before).limit(MOST_AT_ONCE)
    locked = old.with_for_update(skip_locked=True)
    session.execute(delete(SentForm).where(SentForm.digest.in_(locked)))
