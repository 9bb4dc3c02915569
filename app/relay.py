"""Hand waiting rows to the broker: the only code in the program that publishes (REL-02)."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from kombu.exceptions import OperationalError
from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import DBAPIError

from app.queues import out_now, queue_of, room
from app.tasks import work
from core import outbox
from core.database import now_of
from core.logging import logger
from core.outbox import Outbox, State

if TYPE_CHECKING:
    from datetime import timedelta
    from threading import Event

    from sqlalchemy import Connection

    from core.database import Database
    from core.outbox import Leased

log = logger(__name__)
IDLE_SECONDS = 0.02
TROUBLE_SECONDS = 1.0


def run(database: Database, *, lease: timedelta, stop: Event) -> None:
    """Lease and publish until told to stop; any number of relays may run at once."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    while not stop.is_set():
        try:
            with database.engine.connect() as connection:
                looks = connection.execution_options(isolation_level="AUTOCOMMIT")
                while not stop.is_set():
                    if not (_waits(looks) and relay_once(database, owner=owner, lease=lease)):
                        stop.wait(IDLE_SECONDS)
        except (OperationalError, DBAPIError, OSError) as error:
            log.warning("relay cannot reach its servers", error=type(error).__name__)
            stop.wait(TROUBLE_SECONDS)
        # What a broker refuses for good (a queue declared otherwise, no rights) is no reason to
        # end: the escalations may run in the same process.
        except Exception:
            log.exception("the relay failed")
            stop.wait(TROUBLE_SECONDS)


# One statement on a connection that is kept, so that it costs next to nothing to look often.
_ANY_WAITS = select(exists().where(outbox.waits(func.statement_timestamp())))


def _waits(looks: Connection) -> bool:
    """Return whether anything can be handed out."""
    return bool(looks.scalar(_ANY_WAITS))


def relay_once(database: Database, *, owner: str, lease: timedelta) -> int:
    """Lease what is waiting, publish it after the commit, and return how many went out."""
    rows = _leased(database, owner=owner, length=lease)
    for sent, row in enumerate(rows):
        try:
            publish(row)
        # Whatever kept the broker from taking it: it is handed out again at once, by whoever
        # reaches the broker first.
        except Exception:
            _give_back(database, rows[sent:])
            raise
    return len(rows)


def _leased(database: Database, *, owner: str, length: timedelta) -> list[Leased]:
    with database.transaction() as session:
        now = now_of(session)
        free = room(*out_now(session, now=now))
        if free is None:
            return []
        return outbox.lease(
            session,
            owner=owner,
            now=now,
            length=length,
            limit=free.limit,
            last=free.last,
            begun=free.begun,
        )


def _give_back(database: Database, rows: list[Leased]) -> None:
    with database.transaction() as session:
        session.execute(
            update(Outbox)
            .where(Outbox.id.in_([row.id for row in rows]), Outbox.state == State.LEASED)
            .values(lease_until=now_of(session), lease_owner=None)
        )


def publish(row: Leased) -> None:
    """Ring the doorbell for one row."""
    work.apply_async(args=(str(row.id),), queue=queue_of(row), retry=False)
