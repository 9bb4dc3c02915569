"""How much work waits, since when, and how much was given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from core.outbox import Outbox, State, stands

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def parked(session: Session) -> int:
    """Return how many rows were given up and wait for a person (AL-16)."""
    return session.scalar(select(func.count()).where(stands(State.PARKED))) or 0


def last_closed(session: Session) -> datetime | None:
    """Return when a worker last closed a row: liveness by progress, not by ping (REL-36)."""
    return session.scalar(select(func.max(Outbox.done_at)).where(stands(State.DONE)))


def oldest(session: Session, *, now: datetime) -> dict[int, datetime]:
    """Return for each priority that has due rows since when its oldest waits (REL-26)."""
    rows = session.execute(
        select(Outbox.priority, func.min(Outbox.next_try_at))
        .where(stands(State.OPEN, State.LEASED), Outbox.next_try_at <= now)
        .group_by(Outbox.priority)
    )
    return {row[0]: row[1] for row in rows}
