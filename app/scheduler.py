"""Ring for what is due by the clock. What is due is decided by rows, never by this process."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.exc import DBAPIError

import alerts.service
from alerts.auditing.service import Breach
from alerts.wording import service as wording
from app import auditor, overdue_contests, timetable
from app.audit_chain import service as audit_chain
from app.audit_chain.heads import Signer
from app.audit_chain.witness import FILE, Witness
from app.emergency import replaying
from app.erasure import outside
from app.erasure.outside import Ledger
from app.follow_up import service as follow_up
from app.model_watch import service as model_watch
from app.retention import service as retention
from app.retraining import due
from app.retraining import service as retraining
from app.retraining.process import start
from app.subscriptions import sending
from app.watching import groups
from app.weekly import making as weekly
from core.logging import logger
from core.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from threading import Event

    from sqlalchemy.orm import Session

    from app.runtime import Runtime
    from core.database import Database
    from monitoring.models.scorers import Scorers

log = logger(__name__)
TICK_SECONDS = 1.0
LASTING = 3  # failures in a row: a single one may be a lock that was not granted in time


class Job(Protocol):
    """What is done at each tick where it is due."""

    def __call__(self, session: Session, *, now: datetime) -> object:
        """Do what is due, in the transaction of the session."""


# What somebody's safety waits for has a thread of its own: nothing else is ever in front of it.
URGENT: Mapping[str, Job] = {
    "release": alerts.service.release,
    "escalate": alerts.service.escalate_due,
}


def routine(runtime: Runtime) -> Mapping[str, Job]:
    """Return everything else that runs by the clock, by its name."""
    settings = runtime.settings
    lease = timedelta(seconds=settings.lease_seconds)

    def models(session: Session) -> Scorers:
        return runtime.learned.scorers(session)

    return {
        "probe": partial(groups.probe, every=settings.watch_every),
        "audit": partial(auditor.audit, lease=lease, every=settings.watch_every),
        "everybody": timetable.look_for_silence,
        "arrivals": partial(timetable.hear_everybody, share=settings.arrivals_share),
        "judged": timetable.miss_nobody,
        "subscriptions": sending.keep_up,
        "daily-question": partial(timetable.ask_daily, default=settings.daily_question_at),
        "digests": partial(timetable.compose_digests, policy=runtime.policy),
        "refused-tries": timetable.sum_up_tries,
        "previews": timetable.drop_previews,
        retention.JOB: retention.keep_up,
        follow_up.JOB: follow_up.follow,
        overdue_contests.JOB: overdue_contests.look,
        weekly.JOB: partial(weekly.keep_up, policy=runtime.policy, hour=settings.weekly_report_at),
        retraining.ENTITY: partial(retraining.keep_up, start=start),
        due.JOB: partial(due.ask_if_due, models=models, every=settings.retrain_every),
        model_watch.JOB: partial(model_watch.look, models=models),
        audit_chain.JOB: partial(audit_chain.keep_up, signer=Signer.of(settings)),
        "audit-heads": partial(audit_chain.publish, witness=Witness(settings.data / FILE)),
        "erasures": partial(outside.publish, ledger=Ledger.of(settings.data)),
        wording.JOB: wording.seal_older,
        replaying.JOB: partial(replaying.replay, spool=Spool.of(settings.data)),
    }


def run(database: Database, jobs: Mapping[str, Job], *, stop: Event) -> None:
    """Tick until told to stop; any number of schedulers may run at once."""
    failures: Counter[str] = Counter()
    while not stop.is_set():
        try:
            tick(database, jobs, failures)
        except DBAPIError as error:
            log.warning("scheduler cannot reach the database", error=type(error).__name__)
        stop.wait(TICK_SECONDS)


def tick(database: Database, jobs: Mapping[str, Job], failures: Counter[str]) -> None:
    """Do each job in a transaction of its own: one that fails is named and stops no other.

    `failures` counts for each how often in a row it failed.
    """
    now = database.now()
    for name, job in jobs.items():
        try:
            with database.transaction() as session:
                job(session, now=now)
        # Whatever is wrong with one job, an alert must go to its next step all the same.
        except Exception:
            log.exception("a job of the timetable failed", job=name)
            failures[name] += 1
            _say(database, name, failures[name], now=now)
        else:
            del failures[name]


def _say(database: Database, name: str, times: int, *, now: datetime) -> None:
    """Have every page say that a job keeps failing, and the ping outside withheld (REL-18)."""
    if times >= LASTING:
        breach = Breach(f"job-{name}", f"failures in a row of the job “{name}”", times)
        with database.transaction() as session:
            auditor.keep(session, breach, now=now)
