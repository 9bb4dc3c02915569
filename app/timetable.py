"""What runs by the clock, as rows keyed (job, period): a period runs once (REL-31)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select

from alerts.dailies import service as dailies
from alerts.incidents import service as incidents
from app import health
from app.bulk import loading
from app.periods import first, period_of
from core import outbox
from core.logging import logger
from core.outbox import Priority, Topic
from core.security import SYSTEM
from core.slices import slices
from ingest.arrivals import repository as arrivals
from ingest.repeats import service as repeats
from ingest.repository import visible_to

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

log = logger(__name__)
PROBE_SUBJECT = UUID(int=0)
PROBE_EVERY = timedelta(seconds=10)
HEARD_EVERY = timedelta(minutes=5)
KEEP_CLOSED = timedelta(days=7)
KEEP_ANSWERS = timedelta(days=3)  # how long the repeat of a request is expected (REL-06)


def look_for_silence(session: Session, *, now: datetime) -> None:
    """Four times an hour, have everybody assessed: who sends nothing asks for nothing."""
    quarter = now.replace(minute=now.minute - now.minute % 15)
    if first(session, "everybody", f"{quarter:%Y-%m-%dT%H:%M}", now=now):
        people = session.scalar(select(func.count()).select_from(visible_to(SYSTEM).subquery()))
        rounds = dict.fromkeys(slices(people or 0), Priority.BULK)
        outbox.offer_all(session, Topic.ROUND, rounds, now=now)


def miss_nobody(session: Session, *, now: datetime) -> None:
    """Four times an hour, tell the operator if somebody is not judged (AL-22); never who it is."""
    quarter = now.replace(minute=now.minute - now.minute % 15)
    if first(session, "judged", f"{quarter:%Y-%m-%dT%H:%M}", now=now):
        left = health.unjudged(session, now=now)
        if left:
            log.error("patients are not judged", count=left)


def ask_daily(session: Session, *, default: str, now: datetime) -> None:
    """Each minute, ask some of those who are due how they are; `default`: the programme's hour."""
    if first(session, "daily-question", f"{now:%Y-%m-%dT%H:%M}", now=now):
        dailies.ask_all(session, default, now=now)


def probe(session: Session, *, now: datetime) -> None:
    """Offer a row without effect, so that a worker which closes nothing is noticed (REL-36)."""
    slot = int(now.timestamp() // PROBE_EVERY.total_seconds())
    if first(session, "probe", str(slot), now=now):
        outbox.offer(session, Topic.PROBE, PROBE_SUBJECT, now=now, priority=Priority.CRITICAL)


def hear_everybody(session: Session, *, now: datetime, share: float) -> None:
    """Each five minutes, look whether readings still come at all (REL-34)."""
    slot = now - timedelta(seconds=now.timestamp() % HEARD_EVERY.total_seconds())
    if first(session, "arrivals", period_of(now, HEARD_EVERY), now=now):
        incidents.look(session, now=slot, share=share)


def tidy(session: Session, *, now: datetime) -> None:
    """Once an hour, forget bulk data that expired; once a day, what was closed long ago."""
    if first(session, "expired", f"{now:%Y-%m-%dT%H}", now=now):
        loading.forget_expired(session, now=now)
        repeats.forget(session, before=now - KEEP_ANSWERS)
    if first(session, "tidy", f"{now:%Y-%m-%d}", now=now):
        outbox.forget_done(session, before=now - KEEP_CLOSED)
        arrivals.forget(session, before=now - arrivals.KEPT)
