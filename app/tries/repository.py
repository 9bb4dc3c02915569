"""Counts tries: one row for each who, what and period, however many there were."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.tries.tables import RefusedTries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

PERIOD = timedelta(minutes=15)


def begin_of(now: datetime) -> datetime:
    """Return when the period of an instant began."""
    return now - timedelta(seconds=now.timestamp() % PERIOD.total_seconds())


def count(
    session: Session, what: str, who: str, *, now: datetime, held: bool = False
) -> RefusedTries:
    """Count one more, and return the row of this period; several at once wait for each other."""
    tried = 0 if held else 1
    row = insert(RefusedTries).values(
        what=what, who=who, period=begin_of(now), tried=tried, held=1 - tried, last_at=now
    )
    added = row.on_conflict_do_update(
        index_elements=["what", "who", "period"],
        set_={
            "tried": RefusedTries.tried + tried,
            "held": RefusedTries.held + 1 - tried,
            # Who is held back does not wait longer for it.
            "last_at": RefusedTries.last_at if held else row.excluded.last_at,
        },
    )
    found = added.returning(RefusedTries)
    return session.scalars(found, execution_options={"populate_existing": True}).one()


def of(session: Session, what: str, who: str, *, now: datetime) -> RefusedTries | None:
    """Return the row of this period, or None."""
    return session.get(RefusedTries, (what, who, begin_of(now)))


def one_at_a_time(session: Session, what: str, who: str) -> None:
    """Let no other try of somebody be looked at until this transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{what}|{who}", 0))))


def recent(session: Session, what: str, who: str, *, now: datetime) -> list[RefusedTries]:
    """Return the rows of this period and of the one before it, whose end forgets nothing."""
    query = select(RefusedTries).where(
        RefusedTries.what == what,
        RefusedTries.who == who,
        RefusedTries.period >= begin_of(now) - PERIOD,
    )
    return list(session.scalars(query, execution_options={"populate_existing": True}))


class Since(NamedTuple):
    """What one source tried in vain since an instant."""

    who: str
    tried: int
    held: int
    last: datetime


def since(session: Session, what: str, at: datetime) -> list[Since]:
    """Return who tried since an instant and how often, who did last first."""
    row = RefusedTries
    last = func.max(row.last_at)
    query = (
        select(row.who, func.sum(row.tried), func.sum(row.held), last)
        .where(row.what == what, row.period >= at)
        .group_by(row.who)
        .order_by(last.desc(), row.who)
    )
    return [Since(*found) for found in session.execute(query)]


def take_ended(session: Session, what: str, *, now: datetime) -> Sequence[RefusedTries]:
    """Take out the periods that are over; no other process takes the same."""
    over = delete(RefusedTries).where(
        RefusedTries.what == what, RefusedTries.period < begin_of(now)
    )
    return session.scalars(over.returning(RefusedTries)).all()
