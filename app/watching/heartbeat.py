"""Pings an address outside once a period, and only while the watch finds all well (REL-33).

Whoever listens there is told of trouble by silence, so that even a whole site that is gone is
noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app import promises
from app.periods import period_of
from app.watching import groups, rounds
from app.watching.tables import Heartbeat
from app.watching.verdict import Seen, withheld
from core.errors import InvalidError
from core.logging import logger
from core.outward import OutwardError

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from core.database import Database
    from core.outward import Outward

log = logger(__name__)
SENT = "sent"
NOBODY = "nobody-to-tell"  # all is well, and no address is configured
WELL = (SENT, NOBODY)
_SUCCESS = range(200, 300)


def beat(
    database: Database, outward: Outward, url: str | None, *, now: datetime, every: timedelta
) -> None:
    """Ping once a period or write down why not; however many schedulers there are."""
    period = period_of(now, every)
    with database.transaction() as session:
        # The period first: what is looked at for it is looked at once, not at every look.
        row = insert(Heartbeat).values(period=period, at=now, outcome="")
        ours = session.scalar(row.on_conflict_do_nothing().returning(Heartbeat.period))
        if ours is None:
            return
        why = withheld(seen(session, now=now), now=now, every=every)
        outcome = ",".join(why) or (SENT if url else NOBODY)
        _note(session, period, outcome)
    if why and url:
        log.error("the heartbeat is withheld", why=outcome)
    elif url and (failure := _ping(outward, url)):
        log.error("the heartbeat was not taken", why=failure)
        with database.transaction() as session:
            _note(session, period, failure)


def _note(session: Session, period: str, outcome: str) -> None:
    mine = update(Heartbeat).where(Heartbeat.period == period)
    session.execute(mine.values(outcome=outcome))


def seen(session: Session, *, now: datetime) -> Seen:
    """Return what the rows say of the watch."""
    last = rounds.last_completed(session)
    return Seen(
        completed_at=last.completed_at if last else None,
        looked_at=promises.looked_at(session),
        broken=len(promises.broken(session)),
        idle=len(groups.idle(session, now=now)),
    )


def _ping(outward: Outward, url: str) -> str:
    """Return why the ping was not taken, or nothing; never the address, which is a secret."""
    try:
        answer = outward.send("GET", url, headers={"User-Agent": "Wardlight"})
    except InvalidError:
        return "address-refused"
    except OutwardError as error:
        return error.code
    return "" if answer.status in _SUCCESS else f"answered-{answer.status}"


def last_well(session: Session) -> datetime | None:
    """Return when the watch last found all well and could say so."""
    return session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.outcome.in_(WELL)))


def forget(session: Session, *, before: datetime) -> None:
    """Delete old pings."""
    session.execute(delete(Heartbeat).where(Heartbeat.at < before))
