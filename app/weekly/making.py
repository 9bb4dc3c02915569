"""Make the reports that are due: plan their rows, hand them out, make each once.

The timers only plan and offer; a worker makes. A first task says that the report is begun, the
next one makes it, so that everybody sees how far it is. A worker that is killed has stored
nothing: the lease of its work runs out, and another makes the same row.
"""

from __future__ import annotations

import traceback
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy.exc import DBAPIError

from app.erasure.beside import nobody_erased
from app.periods import first
from app.weekly import letters, repository
from app.weekly.codec import FORMAT, digest, encode
from app.weekly.hiding import is_somebody
from app.weekly.service import ENTITY, share_on_time
from app.weekly.states import PENDING, State, Why
from app.weekly.timing import WEEK, begin_at, due_at, first_counted, is_late, missing
from core import outbox
from core.audit import Action, record
from core.logging import logger
from core.outbox import Priority, Topic
from core.security import SYSTEM
from ingest import repository as people
from reports.service import caseload_of, team_week
from reports.week import Week
from reports.weekly import Rate

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.policy import Policy
    from app.weekly.tables import WeeklyReport

log = logger(__name__)
JOB = "weekly-reports"
MOST_ATTEMPTS = 5


def keep_up(session: Session, *, now: datetime, policy: Policy, hour: str) -> None:
    """Each tick, hand out what may be made; each minute, write down what will be due.

    What was not made while everything was off is handed out one week of a team after the other.
    """
    if first(session, JOB, f"{now:%Y-%m-%dT%H:%M}", now=now):
        plan(session, now=now, policy=policy, hour=hour)
    for row_id, attempts in repository.given_up(session):
        _give_up(session, row_id, Why.LOST, "", attempts, now=now)
    offered = dict.fromkeys(repository.ready(session, now=now), Priority.BULK)
    outbox.offer_all(session, Topic.REPORT, offered, now=now)


def plan(session: Session, *, now: datetime, policy: Policy, hour: str) -> None:
    """Write the rows that teams lack, up to the week that runs, each due by the team's clock."""
    last = repository.newest_mondays(session)
    teams = people.care_teams(session, SYSTEM)
    new = any(team.id not in last for team in teams)
    enrolled = repository.first_enrolled(session) if new else {}
    rows: list[dict[str, Any]] = []
    for team in teams:
        zone = policy.place(team.id, team.name).clock
        running = Week.of(now, zone=zone)
        had = enrolled.get(team.id, now) < running.start
        mondays = set(missing(running.monday, last.get(team.id), had_people=had))
        for monday in sorted(mondays | {running.monday}):
            due = due_at(monday, zone, hour)
            begin = begin_at(monday, zone, hour)
            place = {"team_id": team.id, "monday": monday, "zone": zone.key}
            rows.append({**place, "begin_at": begin, "due_at": due})
    repository.plan(session, rows)


def make(session: Session, row_id: UUID, *, now: datetime) -> None:
    """Begin a report, or make the one that was begun; one that is made stays as it is."""
    nobody_erased(session)
    row = repository.one(session, row_id)
    if row is None or row.state == State.MADE:
        return
    if row.state != State.RUNNING:
        _begin(session, row, now=now)
        return
    try:
        with session.begin_nested():
            _make(session, row, now=now)
    # By class and place only: a message may hold patient data.
    except Exception as error:  # noqa: BLE001
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "a weekly report was not made",
            report=str(row_id),
            error=type(error).__name__,
            at=f"{place.name}:{place.lineno}",
        )
        _not_made(session, row, error, now=now)


def _begin(session: Session, row: WeeklyReport, *, now: datetime) -> None:
    week = Week(row.monday, ZoneInfo(row.zone))
    load = caseload_of(session, row.team_id, week, now=now, patients=_whom(session, row))
    whom = len(load.people(week.start, load.end))
    values = {"state": State.RUNNING, "started_at": now, "people": whom, "done": 0}
    if repository.change(session, row.id, State.DUE, State.FAILED, **values):
        outbox.offer(session, Topic.REPORT, row.id, now=now, priority=Priority.BULK)


def _whom(session: Session, row: WeeklyReport) -> list[UUID] | None:
    """Return of whom a later issue is: those of the first, whoever joined or left since."""
    if row.version == 1:
        return None
    kept = repository.made(session, row.team_id, row.monday)
    return [each for each in kept[0].patients if is_somebody(each)] if kept else None


def _make(session: Session, row: WeeklyReport, *, now: datetime) -> None:
    week = Week(row.monday, ZoneInfo(row.zone))
    whom = _whom(session, row)
    found = team_week(session, SYSTEM, row.team_id, week, now=now, patients=whom)
    late = is_late(now, row.due_at)
    share = _share(session, row, late=late, now=now)
    report = replace(found.report, made_on_time=share)
    stored = {"report": encode(report), "last": encode(dict(found.last))}
    whole = len(found.names)
    values: dict[str, Any] = {
        "state": State.MADE,
        "made_at": now,
        "late": late,
        "why": "",
        "detail": "",
        "people": whole,
        "done": whole,
        "patients": sorted(found.names),
        "format": FORMAT,
        "digest": digest(stored),
        "report": stored,
        "attempts": row.attempts + repository.attempts_of(session, row.id),
    }
    if not repository.change(session, row.id, *PENDING, **values):
        return  # another worker was first
    read = list(found.names) or (None,)
    record(session, SYSTEM, Action.READ, ENTITY, now=now, entity_id=row.id, patients=read)
    letters.write(session, row, now=now)
    log.info("weekly report made", report=str(row.id), version=row.version, late=late)


def _share(session: Session, row: WeeklyReport, *, late: bool, now: datetime) -> Rate:
    """Return the share on time that stands in a report, this one counted."""
    if row.version > 1:
        return share_on_time(session, row.monday, now=now, team_id=row.team_id)
    span = {"first": first_counted(row.monday), "last": row.monday - WEEK}
    hits, of = repository.punctual(session, **span, now=now, team_id=row.team_id)
    return Rate(hits + (not late), of + 1)


def _not_made(session: Session, row: WeeklyReport, error: Exception, *, now: datetime) -> None:
    attempts = row.attempts + repository.attempts_of(session, row.id)
    why, detail = why_of(error), type(error).__name__
    if attempts >= MOST_ATTEMPTS:
        _give_up(session, row.id, why, detail, attempts - row.attempts, now=now)
        return
    values = {"attempts": attempts, "why": why, "detail": detail}
    if repository.change(session, row.id, *PENDING, **values):
        again = now + outbox.backoff(attempts)
        priority = Priority.BULK
        outbox.offer(session, Topic.REPORT, row.id, now=now, priority=priority, not_before=again)


def _give_up(  # noqa: PLR0913 (which, why, how often, when)
    session: Session, row_id: UUID, why: Why, detail: str, attempts: int, *, now: datetime
) -> None:
    row = repository.one(session, row_id)
    tried = attempts + (row.attempts if row else 0)
    values = {"state": State.FAILED, "why": why, "detail": detail, "attempts": tried}
    if repository.change(session, row_id, *PENDING, **values):
        log.error("a weekly report failed", report=str(row_id), why=why.value, error=detail)
        record(session, SYSTEM, Action.EXECUTE, ENTITY, now=now, entity_id=row_id, outcome=why)


def why_of(error: Exception) -> Why:
    """Return under which reason an attempt came to nothing."""
    if isinstance(error, SoftTimeLimitExceeded):
        return Why.SLOW
    if isinstance(error, MemoryError):
        return Why.MEMORY
    return Why.DATABASE if isinstance(error, DBAPIError) else Why.ERROR
