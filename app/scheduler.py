"""Ring for what is due by the clock. What is due is decided by rows, never by this process."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

import alerts.service
from app import auditor, timetable
from app.subscriptions import sending
from core.logging import logger

if TYPE_CHECKING:
    from threading import Event

    from app.runtime import Runtime

log = logger(__name__)
TICK_SECONDS = 1.0
JOBS = (
    timetable.probe,
    timetable.look_for_silence,
    timetable.miss_nobody,
    timetable.tidy,
    sending.keep_up,
)


def run(runtime: Runtime, *, stop: Event) -> None:
    """Tick until told to stop; any number of schedulers may run at once."""
    while not stop.is_set():
        try:
            tick(runtime)
        except DBAPIError as error:
            log.warning("scheduler cannot reach the database", error=type(error).__name__)
        stop.wait(TICK_SECONDS)


def tick(runtime: Runtime) -> None:
    """Escalate what is due, look for silence, prove progress, audit, forget what is closed."""
    now = runtime.database.now()
    for job in JOBS:
        with runtime.database.transaction() as session:
            job(session, now=now)
    with runtime.database.transaction() as session:
        timetable.ask_daily(session, runtime.settings.daily_question_at, now=now)
    lease = timedelta(seconds=runtime.settings.lease_seconds)
    with runtime.database.transaction() as session:
        auditor.audit(session, now=now, lease=lease, every=runtime.settings.watch_every)
    with runtime.database.transaction() as session:
        share = runtime.settings.arrivals_share
        timetable.hear_everybody(session, now=now, share=share)
    with runtime.database.transaction() as session:
        alerts.service.release(session, now=now)
    with runtime.database.transaction() as session:
        alerts.service.escalate_due(session, now=now)
    with runtime.database.transaction() as session:
        alerts.service.compose_digests(session, now=now, policy=runtime.policy)
