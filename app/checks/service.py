"""Checks a few each period, and keeps what is broken until it is mended (REL-18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from alerts.auditing.service import Breach
from app.auditor import keep
from app.checks import replayed, stored
from app.checks.tables import BrokenSubject
from app.periods import first, period_of
from app.promises import JOBS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session

    from app.runtime import Runtime
    from monitoring.plans.site_rules import SiteRules


def check(runtime: Runtime, *, now: datetime, every: timedelta) -> None:
    """Look at a few acknowledged readings and a few people, each in a transaction of its own."""
    with runtime.database.transaction() as session:
        look_at_readings(session, now=now, every=every)
    with runtime.database.transaction() as session:
        look_at_alerts(session, runtime.rules, now=now, every=every)


def look_at_readings(session: Session, *, now: datetime, every: timedelta) -> None:
    """See once a period, whoever comes first, whether what was acknowledged is stored (I1)."""
    if first(session, JOBS["I1"], period_of(now, every), now=now):
        ids = {*stored.sample(session, now=now), *_known(session, "I1")}
        found = stored.broken(session, ids)
        _say(session, "I1", "acknowledged readings are not stored", found, now=now)


def look_at_alerts(session: Session, rules: SiteRules, *, now: datetime, every: timedelta) -> None:
    """See once a period, whoever comes first, whether alerts are those of a replay (I3)."""
    if first(session, JOBS["I3"], period_of(now, every), now=now):
        known = set(_known(session, "I3"))
        people = replayed.sample(session, now=now) | known
        found = replayed.broken(session, people, rules, now=now, known=known)
        _say(session, "I3", "people have a RED of which there is no alert", found, now=now)


def _known(session: Session, invariant: str) -> Iterable[UUID]:
    return session.scalars(
        select(BrokenSubject.subject_id).where(BrokenSubject.invariant == invariant)
    ).all()


def _say(
    session: Session, invariant: str, what: str, found: Iterable[UUID], *, now: datetime
) -> None:
    ids = sorted(found)
    session.execute(
        delete(BrokenSubject).where(
            BrokenSubject.invariant == invariant, BrokenSubject.subject_id.not_in(ids)
        )
    )
    for each in ids:
        row = insert(BrokenSubject).values(invariant=invariant, subject_id=each, since=now)
        session.execute(row.on_conflict_do_nothing())
    if ids:
        keep(session, Breach(invariant, what, len(ids)), now=now)
