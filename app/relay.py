"""Hand waiting rows to the broker: the only code in the program that publishes (REL-02)."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from typing import TYPE_CHECKING

from kombu.exceptions import OperationalError
from sqlalchemy import exists, func, select, update
from sqlalchemy.exc import DBAPIError

from app.queues import out_now, queue_of, room
from app.tasks import work
from core import outbox
from core.database import now_of
from core.logging import logger
from core.outbox import Leased, Outbox, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from sqlalchemy import Connection

    from core.database import Database

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
        # Nothing is a reason to end: the escalations may run in the same process. That nothing
        # goes out any more is said on every page, by the age of what waits.
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
    rows, refused = _leased(database, owner=owner, length=lease), list[Leased]()
    for sent, row in enumerate(rows):
        try:
            publish(row)
        # A broker that is not reached takes none of the others: they are handed out again at
        # once, by whoever reaches it first.
        except (OperationalError, OSError):
            _give_back(database, [*refused, *rows[sent:]])
            raise
        # One that is refused for good (a queue declared otherwise, no rights to it) waits a
        # moment; what goes to another queue is not kept by it.
        except Exception:
            log.exception("the broker refuses a row", queue=queue_of(row))
            refused.append(row)
    if refused:
        _give_back(database, refused, after=timedelta(seconds=TROUBLE_SECONDS))
    return len(rows) - len(refused)


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


def _give_back(
    database: Database, rows: Sequence[Leased], *, after: timedelta = timedelta(0)
) -> None:
    with database.transaction() as session:
        session.execute(
            update(Outbox)
            .where(Outbox.id.in_([row.id for row in rows]), Outbox.state == State.LEASED)
            .values(lease_until=now_of(session) + after, lease_owner=None)
        )


def publish(row: Leased) -> None:
    """Ring the doorbell for one row."""
    work.apply_async(args=(str(row.id),), queue=queue_of(row), retry=False)
