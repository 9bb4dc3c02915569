"""The auditor: once a minute it checks the promises on live data, and says what is broken (REL-18).

Its verdict is rows, so that every process can read it: one for each promise that was ever
broken, and when it last looked. It repairs what it can; the rest is an operations alert.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import insert

from alerts.auditing import service as responses
from alerts.auditing.service import Breach
from app.audit_chain.service import late
from app.periods import first, period_of
from app.promises import JOB, STALE_AFTER, Broken
from core import outbox
from core.logging import logger
from core.outbox import Outbox, State, stands

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

log = logger(__name__)
MINUTE = timedelta(minutes=1)
UNSEALED = "rows of the audit wait too long to be sealed"
LEASES = 3  # I7: no row is older than three leases


def audit(
    session: Session, *, now: datetime, lease: timedelta, every: timedelta = MINUTE
) -> list[Breach] | None:
    """Look once a period; return what is broken, or None where this period was looked at."""
    if not first(session, JOB, period_of(now, every), now=now):
        return None
    found = [
        *responses.audit(session, now=now),
        *_named("I7", "work is older than three leases", _old(session, now - LEASES * lease)),
        *_named("I6", UNSEALED, late(session, now=now)),
    ]
    for each in found:
        keep(session, each, now=now)
    return found


def _named(invariant: str, what: str, count: int) -> list[Breach]:
    return [Breach(invariant, what, count)] if count else []


def _old(session: Session, before: datetime) -> int:
    """Return how much due work is older than it may be; what was given up is said elsewhere."""
    query = select(func.count()).where(
        stands(State.OPEN, State.LEASED),
        Outbox.next_try_at < before,
        Outbox.priority < outbox.Priority.BULK,
    )
    return session.scalar(query) or 0


def keep(session: Session, breach: Breach, *, now: datetime) -> None:
    """Write a breach down, and log it; one that was seen a while ago begins anew."""
    log.error(
        "a promise is broken",
        invariant=breach.invariant,
        count=breach.count,
        repaired=breach.repaired,
    )
    row = insert(Broken).values(
        invariant=breach.invariant,
        what=breach.what,
        count=breach.count,
        repaired=breach.repaired,
        since=now,
        seen_at=now,
    )
    fresh = row.excluded
    lasting = Broken.seen_at >= now - STALE_AFTER
    session.execute(
        row.on_conflict_do_update(
            index_elements=["invariant"],
            set_={
                "what": fresh.what,
                "count": fresh.count,
                "repaired": fresh.repaired,
                "seen_at": fresh.seen_at,
                "since": case((lasting, Broken.since), else_=fresh.since),
            },
        )
    )
