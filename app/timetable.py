"""What runs by the clock, as rows keyed (job, period): a period runs once (REL-31)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

import alerts.service
from alerts.dailies import service as dailies
from alerts.incidents import service as incidents
from app import health
from app.periods import first, period_of
from app.tries import service as tries
from core import outbox
from core.logging import logger
from core.outbox import Priority, Topic
from core.security import SYSTEM
from core.slices import slices
from ingest.register import repository as register
from ingest.repository import visible_to

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.policy import Policy

log = logger(__name__)
LOOK_EVERY = timedelta(minutes=5)


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


def compose_digests(session: Session, *, now: datetime, policy: Policy) -> None:
    """Each five minutes, make the digests whose hour has come (AL-17)."""
    if first(session, "digests", period_of(now, LOOK_EVERY), now=now):
        alerts.service.compose_digests(session, now=now, policy=policy)


def hear_everybody(session: Session, *, now: datetime, share: float) -> None:
    """Each five minutes, look whether readings still come at all (REL-34)."""
    slot = now - timedelta(seconds=now.timestamp() % LOOK_EVERY.total_seconds())
    if first(session, "arrivals", period_of(now, LOOK_EVERY), now=now):
        incidents.look(session, now=slot, share=share)


def sum_up_tries(session: Session, *, now: datetime) -> None:
    """Each minute, say how many refused sign-ins had no row of their own (SEC-06)."""
    if first(session, "refused-tries", f"{now:%Y-%m-%dT%H:%M}", now=now):
        tries.sum_up(session, now=now)


def drop_previews(session: Session, *, now: datetime) -> None:
    """Each five minutes, forget uploaded files of people whose half hour is over (SEC-48)."""
    if first(session, "previews", period_of(now, LOOK_EVERY), now=now):
        register.forget_previews(session, before=now)
