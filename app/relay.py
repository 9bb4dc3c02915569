"""Hand waiting rows to the broker: the only code in the program that publishes (REL-02)."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from kombu.exceptions import OperationalError
from sqlalchemy.exc import DBAPIError

from app.tasks import work
from app.worker import CRITICAL, NORMAL
from core import outbox
from core.database import now_of
from core.logging import logger
from core.outbox import Priority

if TYPE_CHECKING:
    from datetime import timedelta
    from threading import Event
    from uuid import UUID

    from core.database import Database

log = logger(__name__)
IDLE_SECONDS = 0.05
TROUBLE_SECONDS = 1.0
# What is out at once: few enough that the broker's queue is read within a lease, so that
# urgency is decided here, by the database, and not by who queued first.
WINDOW = 200
RESERVED = 50  # for what is critical, when the window is full


def run(database: Database, *, lease: timedelta, stop: Event) -> None:
    """Lease and publish until told to stop; any number of relays may run at once."""
    owner = f"{socket.gethostname()}:{os.getpid()}"
    while not stop.is_set():
        try:
            sent = relay_once(database, owner=owner, lease=lease)
        except (OperationalError, DBAPIError, OSError) as error:
            log.warning("relay cannot reach its servers", error=type(error).__name__)
            stop.wait(TROUBLE_SECONDS)
            continue
        if not sent:
            stop.wait(IDLE_SECONDS)


def relay_once(database: Database, *, owner: str, lease: timedelta) -> int:
    """Lease what is waiting, publish it after the commit, and return how many went out."""
    with database.transaction() as session:
        now = now_of(session)
        room = WINDOW - outbox.in_flight(session, now=now)
        # Work that nobody takes up may fill the window; what is critical goes out beside it.
        crowded = room <= 0
        rows = outbox.lease(
            session,
            owner=owner,
            now=now,
            length=lease,
            limit=max(0, room + RESERVED) if crowded else room,
            only_critical=crowded,
        )
    for sent, (row_id, priority) in enumerate(rows):
        try:
            publish(row_id, priority)
        except OperationalError:
            unsent = [row for row, _ in rows[sent:]]
            with database.transaction() as session:
                outbox.give_back(session, unsent, now=database.now())
            raise
    return len(rows)


def publish(row_id: UUID, priority: int) -> None:
    """Ring the doorbell for one row."""
    queue = CRITICAL if priority <= Priority.CRITICAL else NORMAL
    work.apply_async(args=(str(row_id),), queue=queue, retry=False)
