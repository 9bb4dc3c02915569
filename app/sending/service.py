"""Take a form once, however often it is sent: a double click, a browser's retry, a late draft."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from app.sending import repository

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

KEPT = timedelta(days=2)  # a draft can be sent for twelve hours


def first_time(  # noqa: PLR0913 (which form, about whom, and what it says)
    session: Session,
    caller: Caller,
    form_id: UUID | None,
    subject_id: UUID,
    said: str,
    *,
    now: datetime,
) -> bool:
    """Return whether to do what a form says: not where the same one was taken before.

    The same form with other words is another one, so nothing that somebody wrote is lost. What
    is refused leaves no trace, since it is rolled back. A form without an id is always taken.
    """
    if form_id is None:
        return True
    who = caller.practitioner_id or caller.id
    digest = sha256(f"{form_id}|{who}|{subject_id}|{said}".encode()).hexdigest()
    repository.prune(session, before=now - KEPT)
    return repository.add(session, digest, subject_id, by=who, now=now)


def taken_back(session: Session, caller: Caller, subject_id: UUID) -> None:
    """Let the caller's forms about a subject count anew, since what they did is taken back."""
    repository.forget(session, subject_id, by=caller.practitioner_id or caller.id)
