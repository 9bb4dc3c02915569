"""Keeps the watch beside the timers, in a thread of its own: a door that hangs delays no timer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from alerts.watched import service as watched
from app.checks.service import check
from app.periods import first
from app.watching import heartbeat, rounds
from core.logging import logger
from ingest.synthetic import repository as synthetic
from monitoring.forgetting import repository as judgements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from threading import Event
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.runtime import Runtime

log = logger(__name__)
KEEP = timedelta(hours=1)
KEEP_PEOPLE = timedelta(hours=2)
KEEP_ROUNDS = timedelta(days=7)
LOOKS = 20  # in a period
LONGEST_WAIT_SECONDS = 1.0


def run(runtime: Runtime, *, stop: Event) -> None:
    """Watch until told to stop; any number of watchers may run at once."""
    pause = min(LONGEST_WAIT_SECONDS, runtime.settings.watch_seconds / LOOKS)
    unsent = None
    while not stop.is_set():
        with _going_on("loop"):
            unsent = watch(runtime, unsent)
        with _going_on("checks"):
            check(runtime, now=runtime.database.now(), every=runtime.settings.watch_every)
        stop.wait(pause)


@contextmanager
def _going_on(what: str) -> Iterator[None]:
    """Go on whatever fails: the alerts run in the same process.

    That no test reading came through, or that nobody has looked, is said on every page by the
    age of the last one that did (`state.faults`, `promises.verdict`).
    """
    try:
        yield
    except DBAPIError as error:
        log.warning("the database cannot be reached", by=what, error=type(error).__name__)
    except Exception:
        log.exception("the watch failed", what=what)


def tidy(session: Session, *, now: datetime) -> None:
    """Once an hour, forget what the watch left: it would be more than the patients' own."""
    if first(session, "watch-tidy", f"{now:%Y-%m-%dT%H}", now=now):
        before = now - KEEP
        watched.forget(session, before=before)
        settled = judgements.without_work(session, synthetic.synthetic_people(before=before))
        judgements.forget(session, settled)
        gone = set(synthetic.left_over(session, before=now - KEEP_PEOPLE))
        synthetic.forget(session, watched.without_alerts(session, gone & {*settled}))
        rounds.forget(session, before=now - KEEP_ROUNDS)
        heartbeat.forget(session, before=now - KEEP_ROUNDS)


@dataclass(frozen=True, slots=True)
class Unsent:
    """A reading that the door has not taken yet, and why."""

    person: UUID
    at: datetime
    why: str = ""


def watch(runtime: Runtime, unsent: Unsent | None = None) -> Unsent | None:
    """See what came through, say so outside, and send the next synthetic reading.

    Returns the one that the door has not taken: it is sent again at the next look, so that a door
    that opens a second after the timers began is no minute of degraded alerting.
    """
    database, settings = runtime.database, runtime.settings
    now, every = database.now(), settings.watch_every
    with database.transaction() as session:
        rounds.complete(session, now=now, every=every)
    heartbeat.beat(database, runtime.outward, settings.heartbeat_url, now=now, every=every)
    with database.transaction() as session:
        person = rounds.begin(session, now=now, every=every)
        tidy(session, now=now)
    if person is not None:
        if unsent is not None:
            log.error("the door took no synthetic reading", why=unsent.why)
        unsent = Unsent(person, now)
    if unsent is not None:
        why = rounds.send(database, settings, unsent.person, now=unsent.at)
        unsent = replace(unsent, why=why) if why else None
    return unsent
