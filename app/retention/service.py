"""Takes away what its time is over for, kind by kind, a little at each tick (SEC-48).

A pass is a row: who is killed in the middle of it leaves what is done done, and the next tick of
any scheduler goes on. What would go is told by the same words that take it away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from app.periods import first, period_of
from app.retention.holds import held
from app.retention.kinds import KINDS
from app.retention.tables import RetentionPass
from app.retention.terms import Term, stated
from core.audit import Action, record
from core.security import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.retention.repository import Going, Key
    from core.database import Database

JOB = "retention"
LOOK_EVERY = timedelta(hours=1)
AT_ONCE = 500  # rows in one transaction: nobody waits for it long


@dataclass(frozen=True, slots=True)
class Due:
    """What would go of one kind now, table by table."""

    term: Term
    going: tuple[Going, ...]


def dry_run(session: Session, *, now: datetime) -> list[Due]:
    """Return of every kind what a run at this instant would take away; it takes nothing."""
    kept = held(session)
    return [
        Due(term, tuple(each.going(session, before=before, held=kept) for each in KINDS[name]))
        for name, term, before in _ending(now)
    ]


def keys(session: Session, kind: str, *, now: datetime) -> dict[str, list[Key]]:
    """Return by table the primary keys of all that a run at this instant would take of a kind."""
    kept = held(session)
    before = {name: at for name, _, at in _ending(now)}[kind]
    found: dict[str, list[Key]] = {}
    for each in KINDS[kind]:
        found[each.table.__tablename__] = each.keys(session, before=before, held=kept)
    return found


def _ending(now: datetime) -> Iterator[tuple[str, Term, datetime]]:
    """Yield each kind that the schedule takes away, in order, and before when it is over."""
    kinds = stated().kinds
    for name in KINDS:
        term = kinds[name]
        if term.kept is not None:
            yield name, term, now - term.kept


def keep_up(session: Session, *, now: datetime) -> None:
    """Begin the passes that are due, and take one step of the first that is not over."""
    if first(session, JOB, period_of(now, LOOK_EVERY), now=now):
        begin(session, now=now)
    row = next_open(session)
    if row is not None:
        step(session, row, now=now)


def next_open(session: Session) -> RetentionPass | None:
    """Return a pass that is not over and that nobody works on, locked."""
    row, same = RetentionPass, aliased(RetentionPass)
    # The kind that took least goes first: one with a large stock keeps no other from its turn.
    taken = (
        select(func.sum(same.removed))
        .where(same.kind == row.kind, same.ended_at.is_(None))
        .scalar_subquery()
    )
    query = select(row).where(row.ended_at.is_(None)).order_by(taken, row.began_at, row.kind)
    return session.scalar(query.limit(1).with_for_update(skip_locked=True, of=row))


def step(session: Session, row: RetentionPass, *, now: datetime, most: int = AT_ONCE) -> None:
    """Take away a little of one kind; the step that finds nothing more ends the pass."""
    kept, more = held(session), False
    for each in KINDS.get(row.kind, ()):
        taken = each.remove(session, before=row.before, held=kept, most=most)
        row.removed += taken.rows
        more = taken.more
        if more:
            break
    if not more:
        row.ended_at = now
        outcome = f"success, {row.removed} rows"
        record(
            session,
            SYSTEM,
            Action.DELETE,
            f"retention/{row.kind}",
            now=now,
            entity_id=row.id,
            outcome=outcome,
        )
    session.flush()


def passes(session: Session) -> Sequence[RetentionPass]:
    """Return the last pass of each kind."""
    newest = select(RetentionPass.kind, func.max(RetentionPass.began_at))
    last = tuple_(RetentionPass.kind, RetentionPass.began_at).in_(
        newest.group_by(RetentionPass.kind)
    )
    return session.scalars(select(RetentionPass).where(last).order_by(RetentionPass.kind)).all()


def begin(session: Session, *, now: datetime) -> None:
    """Write down the passes of this period that nobody has begun."""
    rows = [
        {
            "kind": name,
            "period": period_of(now, term.every),
            "terms": stated().hash,
            "before": before,
            "began_at": now,
        }
        for name, term, before in _ending(now)
    ]
    session.execute(
        insert(RetentionPass).on_conflict_do_nothing(index_elements=["kind", "period"]), rows
    )


def run(database: Database) -> Iterator[tuple[str, int]]:
    """Take away all that is over at this instant, step by step; yield each kind and how much."""
    now = database.now()
    with database.transaction() as session:
        begun = [(row.kind, row.id) for row in _by_hand(session, now=now)]
    for kind, id_ in begun:
        while True:
            with database.transaction() as session:
                row = session.get_one(RetentionPass, id_, with_for_update=True)
                if row.ended_at is None:
                    step(session, row, now=now)
                removed, ended = row.removed, row.ended_at
            if ended is not None:
                break
        yield kind, removed


def _by_hand(session: Session, *, now: datetime) -> list[RetentionPass]:
    rows = [
        RetentionPass(
            kind=name, period=now.isoformat(), terms=stated().hash, before=before, began_at=now
        )
        for name, _, before in _ending(now)
    ]
    session.add_all(rows)
    session.flush()
    return rows
