"""Which groups of workers close rows, each shown by a row that only it can close (REL-36).

A group that was seen once is expected until somebody says that it is no more: that nobody reads
for it must never look like peace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.periods import first, period_of
from app.queues import PROBES
from app.watching.tables import WorkerGroup
from core import outbox
from core.errors import NotFoundError
from core.outbox import Outbox, Priority, State, Topic, stands

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database

PROBES_IN = 6  # of a period: each ten seconds
VOUCHES_FOR = 1.75  # periods: a group that does nothing is named within two minutes
UNDONE = (State.OPEN, State.LEASED)
_SUBJECTS = {group: subject for subject, group in PROBES.items()}


def register(database: Database, name: str, *, every: timedelta) -> None:
    """Have a group expected from now on."""
    now = database.now()
    row = insert(WorkerGroup).values(
        name=name, progress_at=now, vouches_until=now + VOUCHES_FOR * every
    )
    with database.transaction() as session:
        session.execute(row.on_conflict_do_nothing())


def probe(session: Session, *, now: datetime, every: timedelta) -> None:
    """Offer each group a row of its own, unless the last one still waits for it."""
    if not first(session, "probe-groups", period_of(now, every / PROBES_IN), now=now):
        return
    waiting = set(
        session.scalars(
            select(Outbox.subject_id).where(Outbox.topic == Topic.PROBE, stands(*UNDONE))
        )
    )
    for name in session.scalars(select(WorkerGroup.name)):
        subject = _SUBJECTS.get(name)
        if subject is not None and subject not in waiting:
            outbox.offer(session, Topic.PROBE, subject, now=now, priority=Priority.CRITICAL)


def progressed(session: Session, subject: UUID, *, now: datetime, every: timedelta) -> None:
    """Note that a group closed its row."""
    if subject in PROBES:
        mine = update(WorkerGroup).where(WorkerGroup.name == PROBES[subject])
        session.execute(mine.values(progress_at=now, vouches_until=now + VOUCHES_FOR * every))


def idle(session: Session, *, now: datetime) -> Sequence[WorkerGroup]:
    """Return the groups that closed nothing within what their last row vouches for."""
    query = select(WorkerGroup).where(WorkerGroup.vouches_until < now)
    return session.scalars(query.order_by(WorkerGroup.name)).all()


def forget(session: Session, name: str) -> None:
    """Expect a group no more; raise `NotFoundError` where it is not known."""
    gone = delete(WorkerGroup).where(WorkerGroup.name == name).returning(WorkerGroup.name)
    if session.scalar(gone) is None:
        raise NotFoundError("no such group of workers")
    theirs = Outbox.topic == Topic.PROBE, Outbox.subject_id == _SUBJECTS.get(name)
    session.execute(delete(Outbox).where(*theirs, stands(*UNDONE)))
