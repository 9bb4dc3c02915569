"""Whether the program can do its job, judged by progress and said in words (REL-35, REL-36)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

import monitoring.repository
from alerts.incidents import repository as incidents
from app import promises
from app.migrate import at_head
from app.promises import Fault
from app.watching import state as watch
from app.worker import broker_answers
from core import backlog
from core.outbox import Priority
from ingest.choices import Purpose
from ingest.choosing.repository import who_said
from ingest.streams.repository import known_since
from ingest.tables import Patient
from monitoring.liveness import JUDGED_WITHIN
from monitoring.phrases import Phrase, counted, whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.tables import Incident
    from app.learned import Learned
    from core.database import Database
    from core.spool import Spool, Waiting

PROGRESS_WITHIN = timedelta(seconds=45)
LONGEST_WAIT = {  # what the work of each queue may wait before somebody should look (REL-26)
    Priority.CRITICAL: timedelta(seconds=30),
    Priority.NORMAL: timedelta(minutes=2),
    Priority.BULK: timedelta(minutes=30),
}
QUEUES = {Priority.CRITICAL: "critical", Priority.NORMAL: "normal", Priority.BULK: "bulk"}


@dataclass(frozen=True, slots=True)
class PipelineStatus:
    """The state of alerting: `faults` is empty when it is normal; `said` has them as phrases."""

    faults: tuple[str, ...]
    moving: bool
    last_progress_at: datetime | None
    unjudged: int = 0
    since: datetime | None = None  # how long it is degraded, as far as that is known
    said: tuple[Phrase, ...] = ()

    @property
    def normal(self) -> bool:
        """Return whether alerting works."""
        return not self.faults


def pipeline(
    session: Session,
    *,
    now: datetime,
    spool: Spool | None = None,
    learned: Learned | None = None,
) -> PipelineStatus:
    """Judge the pipeline by what was closed, what has waited too long, and who is not judged.

    `spool` is the disk on which the audit of an emergency waits while it cannot be written;
    `learned` are the models of a process that shows scores, which says so where none judges.

    The last is its proof about itself: that all goes well must not be concluded from silence
    (REL-26, AL-22).
    """
    progress = backlog.last_closed(session)
    moving = progress is not None and now - progress <= PROGRESS_WITHIN
    left = unjudged(session, now=now)
    faults = [] if moving else [_stopped(progress)]
    faults += [
        *_late(backlog.oldest(session, now=now), now=now),
        *_given_up(backlog.parked(session)),
        *_unjudged(left),
        *_silent(incidents.latest(session)),
        *watch.faults(session, now=now),
        *promises.verdict(session, now=now),
        *_spooled(spool),
        *_unscored(session, learned),
    ]
    known = [each.since for each in faults if each.since is not None]
    return PipelineStatus(
        tuple(each.text for each in faults),
        moving,
        progress,
        left,
        min(known, default=None),
        tuple(each.said for each in faults),
    )


def _stopped(progress: datetime | None) -> Fault:
    text = "no work has been completed lately: readings are kept but not assessed"
    return Fault(Phrase(text), progress + PROGRESS_WITHIN if progress else None)


def _late(since: Mapping[int, datetime], *, now: datetime) -> list[Fault]:
    late = [at + LONGEST_WAIT[priority] for priority, at in since.items()]
    late = [each for each in late if each < now]
    return [Fault(Phrase("work is waiting longer than it should"), min(late))] if late else []


def _given_up(parked: int) -> list[Fault]:
    said = counted(
        "{count} item was given up after repeated failures",
        "{count} items were given up after repeated failures",
        {"count": whole(parked)},
    )
    return [Fault(said)] if parked else []


def _unjudged(left: int) -> list[Fault]:
    said = Phrase(
        "patients not judged in the last {minutes} min: {count}",
        {"minutes": whole(JUDGED_WITHIN.seconds // 60), "count": whole(left)},
    )
    return [Fault(said)] if left else []


def _silent(incident: Incident | None) -> list[Fault]:
    if incident is None or incident.ended_at is not None:
        return []
    said = Phrase(
        "readings of almost everybody have stopped coming:"
        " {count} people heard in an hour, usually {usual}",
        {"count": whole(incident.people), "usual": whole(incident.usual)},
    )
    return [Fault(said, incident.opened_at)]


def _spooled(spool: Spool | None) -> list[Fault]:
    waiting = spool.waiting() if spool else None
    if waiting is None:
        return []
    if waiting.unreadable:
        return [Fault(Phrase("the file in which the audit waits cannot be read"))]
    said = [_waits(waiting)] if waiting.count else []
    return [Fault(each, waiting.since) for each in said] + _damaged(waiting.damaged)


def _waits(waiting: Waiting) -> Phrase:
    if waiting.more:
        return Phrase(
            "the audit cannot be written:"
            " more than {count} reads in an emergency wait on this server",
            {"count": whole(waiting.count)},
        )
    return counted(
        "the audit cannot be written: {count} read in an emergency waits on this server",
        "the audit cannot be written: {count} reads in an emergency wait on this server",
        {"count": whole(waiting.count)},
    )


def _damaged(lines: int) -> list[Fault]:
    said = counted(
        "{count} line of the audit that waits is damaged and cannot be written down",
        "{count} lines of the audit that waits are damaged and cannot be written down",
        {"count": whole(lines)},
    )
    return [Fault(said)] if lines else []


def _unscored(session: Session, learned: Learned | None) -> list[Fault]:
    """Say that the rules judge alone, where a model should score beside them (FT-33)."""
    said = learned.fault(session) if learned else None
    return [Fault(said)] if said else []


def unjudged(session: Session, *, now: datetime) -> int:
    """Return how many people were not judged within the bound (AL-22), of those who may be."""
    before = now - JUDGED_WITHIN
    declined = who_said(Purpose.MONITORING, allowed=False)
    people = known_since(before).where(Patient.id.not_in(declined))
    return monitoring.repository.unjudged(session, people, before=before)


def seconds_waiting(database: Database) -> dict[str, int]:
    """Return for each queue how long its oldest due work has waited; 0 where nothing waits."""
    try:
        now = database.now()
        with database.transaction() as session:
            since = backlog.oldest(session, now=now)
    except DBAPIError:
        return {}
    return {
        name: int((now - since[priority]).total_seconds()) if priority in since else 0
        for priority, name in QUEUES.items()
    }


def audit_waiting(spool: Spool | None) -> int | None:
    """Return how many lines of the audit wait on this server's disk: a person must look.

    None where nobody can tell; of very many, how many were counted.
    """
    waiting = spool.waiting() if spool else None
    if waiting is None:
        return 0
    return None if waiting.unreadable else waiting.count + waiting.damaged


def everybody_judged(database: Database) -> int | None:
    """Return how many people were not judged within the bound; None where nobody can tell."""
    try:
        with database.transaction() as session:
            return unjudged(session, now=database.now())
    except DBAPIError:
        return None


def ready(database: Database, broker_url: str) -> dict[str, str]:
    """Return each dependency with "ok" or what is wrong with it."""
    checks = {"database": "unreachable", "schema": "unknown", "pipeline": "unknown"}
    checks["broker"] = "ok" if broker_answers(broker_url) else "unreachable"
    try:
        checks["database"] = "ok" if database.ping() else "unreachable"
        checks["schema"] = "ok" if at_head(database) else "migrations are missing"
        if checks["schema"] == "ok":
            with database.transaction() as session:
                status = pipeline(session, now=database.now())
            # Something parked needs a person, not a restart: it is said on every page instead.
            checks["pipeline"] = "ok" if status.moving else "no work is being completed"
    except DBAPIError:
        checks["database"] = "unreachable"
    return checks
