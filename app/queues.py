"""Which queue a row's message goes to, and how many rows of each kind may be out at once.

Few enough are out that the broker's queues are read within a lease, so that urgency is decided
by the database at the last moment, and not by who queued first. The bounds are nested: what is
more urgent always finds room beside what is less.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import func, select

from core.outbox import Outbox, Priority, State, Topic, doubtful, stands

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.outbox import Leased

CRITICAL = "critical"
NORMAL = "normal"
REPORTS = "reports"  # what can wait: exports, loads of the past, the quarter-hourly rounds
RETRY = "retry"  # what may be poison: it is never in front of what is well
QUEUES = (CRITICAL, NORMAL, REPORTS, RETRY)

# A group of workers is known by the queues that it reads. Each has one queue more that no other
# group reads: what is closed out of it shows that this very group works (REL-36).
GROUPS = tuple("+".join(names) for n in range(1, 5) for names in combinations(QUEUES, n))
OWN = {group: f"own-{group.replace('+', '-')}" for group in GROUPS}
PROBES = {uuid5(NAMESPACE_URL, f"wardlight-workers/{group}"): group for group in GROUPS}

# Up to so many rows may be out while one of this priority goes out.
BOUNDS = {Priority.BULK: 100, Priority.NORMAL: 200, Priority.CRITICAL: 250}
BEGUN_BOUND = 50
FEWEST_BEGUN = 10


@dataclass(frozen=True, slots=True)
class Room:
    """What may go out now: so many rows, none less urgent than `last`."""

    limit: int
    last: int
    begun: bool  # whether rows in doubt, begun before, may be among them


def queue_of(row: Leased) -> str:
    """Return the queue of a row."""
    if row.topic == Topic.PROBE and row.subject_id in PROBES:
        return OWN[PROBES[row.subject_id]]
    if doubtful(row.attempts, row.priority):
        return RETRY
    if row.priority <= Priority.CRITICAL:
        return CRITICAL
    return REPORTS if row.priority >= Priority.BULK else NORMAL


def room(out: int, begun: int) -> Room | None:
    """Return what may go out beside what is out, of which `begun` were begun before.

    While what was begun may go too, no more goes at once than may still be begun: all of it might
    be. Where that is only a few, they wait, so that they do not slow down all the rest.
    """
    more = BEGUN_BOUND - begun
    mixed = more >= FEWEST_BEGUN
    for last, bound in BOUNDS.items():
        if out < bound:
            return Room(min(bound - out, more) if mixed else bound - out, last, mixed)
    return None


def out_now(session: Session, *, now: datetime) -> tuple[int, int]:
    """Return how many rows are out with somebody, and how many of them are in doubt.

    What failed and waits for its next try is with nobody.
    """
    with_somebody = (
        stands(State.LEASED),
        Outbox.lease_until > now,
        Outbox.lease_owner.is_not(None),
    )
    begun = func.count().filter(doubtful(Outbox.attempts, Outbox.priority))
    row = session.execute(select(func.count(), begun).where(*with_somebody)).one()
    return row[0], row[1]


def group_of(queues: str) -> str:
    """Return the name of the group that reads these queues, whichever way they are listed."""
    asked = set(queues.split(","))
    return "+".join(name for name in QUEUES if name in asked)
