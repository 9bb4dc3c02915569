"""The whole pipeline on one page: what a worker does for each topic of the outbox.

A reading was stored (`ingest` offered ASSESS) → the person is assessed (RAISE) → episodes
open and deliveries are due (DELIVER) → somebody is told, and where there is reason for it
patient and carer too (INFORM, TELL); whoever subscribed to what an alert does hears of it
(ANNOUNCE, NOTIFY). Each step is one transaction that ends with its outbox row closed, so it
can be repeated at will and takes effect once.
"""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Text, cast, func, select

import alerts.delivery.service
import alerts.service
import app.bulk.exporting
import monitoring.service
from alerts.patients import service as telling
from alerts.posting import service as posting
from alerts.watched import service as watched
from app import overdue_contests
from app.emergency import service as emergency
from app.emergency.notice import tell as tell_of_emergency
from app.erasure import service as erasing
from app.erasure.leftover import close_of_nobody
from app.runtime import Runtime
from app.schema import METADATA
from app.subscriptions import sending
from app.watching import groups
from app.weekly import letters
from app.weekly import making as weekly
from app.worker import OpaqueTask, celery
from core import outbox
from core.logging import configure, logger
from core.outbox import Outbox, Priority, Topic
from core.security import SYSTEM
from core.settings import Settings
from core.slices import slice_of
from core.tracing import traced
from core.vitals import Severity
from ingest.repository import visible_to
from ingest.rolling import service as rolling
from monitoring import repository as judgements
from monitoring.permitted import UnmonitoredError
from monitoring.reach import READ_BACK, WEIGHT_BACK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

log = logger(__name__)


def assess(session: Session, patient_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Judge one person's readings, unless they do not agree to it by now."""
    model = runtime.learned.scorers(session)
    with suppress(UnmonitoredError):
        monitoring.service.assess(session, patient_id, now=now, rulebook=runtime.rules, model=model)


def make_round(session: Session, subject: UUID, now: datetime, runtime: Runtime) -> None:
    """Judge a slice of all people at once; where that fails, each of them alone."""
    number, count = slice_of(subject)
    everybody = visible_to(SYSTEM).subquery()
    slot = func.abs(func.hashtext(cast(everybody.c[0], Text))) % count
    ids = session.scalars(select(everybody.c[0]).where(slot == number)).all()
    model = runtime.learned.scorers(session)
    try:
        with session.begin_nested():
            monitoring.service.assess_all(
                session, ids, now=now, rulebook=runtime.rules, model=model
            )
    # Whatever is wrong with one person must keep nobody else from being judged.
    except Exception as error:  # noqa: BLE001
        log.error("round failed, judging one by one", error=type(error).__name__)
        outbox.offer_all(session, Topic.ASSESS, dict.fromkeys(ids, Priority.BULK), now=now)


def roll(session: Session, patient_id: UUID, now: datetime, runtime: Runtime) -> None:  # noqa: ARG001 (every step is called alike)
    """Keep what stands for the readings of a dense stream."""
    rolling.roll_up(session, patient_id, since=now - max(READ_BACK, WEIGHT_BACK), now=now)


def raise_alerts(session: Session, assessment_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Open, raise or add to the episodes that an assessment gives reason for."""
    found = judgements.assessment(session, assessment_id)
    changed = alerts.service.raise_judged(
        session, assessment_id, found, now=now, policy=runtime.policy
    )
    person, urgent = UUID(found.person_id), found.severity is Severity.RED
    telling.after_judgement(session, person, changed, urgent=urgent, now=now)


def inform(session: Session, patient_id: UUID, now: datetime, runtime: Runtime) -> None:  # noqa: ARG001 (every step is called alike)
    """Decide what a patient and their carers are told of a judgement."""
    telling.inform(session, patient_id, now=now)


def deliver(session: Session, delivery_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Tell one recipient by one channel; what is synthetic ends in its row."""
    if watched.arrived(session, delivery_id, now=now):
        return
    alerts.delivery.service.deliver(
        session, delivery_id, now=now, outlets=runtime.outlets, addresses=runtime.addresses
    )


def tell(session: Session, message_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Tell a patient or carer that there is a message, and nothing of what."""
    settings = runtime.settings
    ways = {str(kind): gateway for kind, gateway in runtime.outlets.gateways.items()}
    breaker = runtime.policy.pacing.breaker
    post = posting.Post(settings.base_url, breaker, settings.site_language, ways)
    posting.post(session, message_id, post, now=now)


def digest(session: Session, digest_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Announce to somebody what they are told of together."""
    alerts.service.send_digest(
        session, digest_id, now=now, outlets=runtime.outlets, addresses=runtime.addresses
    )


def announce(session: Session, alert_id: UUID, now: datetime, runtime: Runtime) -> None:  # noqa: ARG001 (every step is called alike)
    """Find out who subscribed to what happened to an alert."""
    sending.announce(session, alert_id, now=now)


def notify(session: Session, subscription_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Send a subscription what is due to it next."""
    post = sending.Post(runtime.outward, runtime.settings.fhir_base)
    sending.send(session, subscription_id, post, now=now)


def export(session: Session, export_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Write one more step of a bulk export."""
    app.bulk.exporting.step(session, export_id, now=now, settings=runtime.settings)


def override(session: Session, access_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Tell the privacy officer that access was opened in an emergency."""
    tell_of_emergency(session, access_id, runtime.outlets.mailer, runtime.settings, now=now)


def lapse(session: Session, access_id: UUID, now: datetime, runtime: Runtime) -> None:  # noqa: ARG001 (every step is called alike)
    """Write down that somebody's access in an emergency is over."""
    emergency.lapse(session, access_id, now=now)


def report(session: Session, row_id: UUID, now: datetime, runtime: Runtime) -> None:  # noqa: ARG001 (every step is called alike)
    """Begin or make a team's weekly report."""
    weekly.make(session, row_id, now=now)


def letter(session: Session, letter_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Tell a member of a team that a weekly report is there."""
    letters.send(session, letter_id, runtime.outlets.mailer, runtime.settings, now=now)


def contest(session: Session, contest_id: UUID, now: datetime, runtime: Runtime) -> None:
    """Tell those who answer for a contested score that its answer is overdue."""
    mailer, settings = runtime.outlets.mailer, runtime.settings
    overdue_contests.tell(session, contest_id, mailer, settings, now=now)


def erase(session: Session, erasure_id: UUID, now: datetime, runtime: Runtime) -> None:  # noqa: ARG001 (every step is called alike)
    """Take everything of a person away, as was asked for and confirmed."""
    erasing.carry_out(session, METADATA, erasure_id, now=now)


def probe(session: Session, subject: UUID, now: datetime, runtime: Runtime) -> None:
    """Note which group of workers did it, where it is one group's: the rest is the closing."""
    groups.progressed(session, subject, now=now, every=runtime.settings.watch_every)


STEPS: dict[Topic, Callable[[Session, UUID, datetime, Runtime], None]] = {
    Topic.ASSESS: assess,
    Topic.ROUND: make_round,
    Topic.ROLL: roll,
    Topic.RAISE: raise_alerts,
    Topic.DELIVER: deliver,
    Topic.INFORM: inform,
    Topic.TELL: tell,
    Topic.DIGEST: digest,
    Topic.ANNOUNCE: announce,
    Topic.NOTIFY: notify,
    Topic.EXPORT: export,
    Topic.OVERRIDE: override,
    Topic.LAPSE: lapse,
    Topic.REPORT: report,
    Topic.LETTER: letter,
    Topic.CONTEST: contest,
    Topic.ERASE: erase,
    Topic.PROBE: probe,
}


def run_row(runtime: Runtime, row_id: UUID, *, now: datetime) -> None:
    """Carry out one outbox row, exactly once in effect however often it is called (REL-10)."""
    database = runtime.database
    with database.transaction() as session:
        if not outbox.start(session, row_id):
            return
    trace = row_id.hex
    try:
        with database.transaction() as session:
            row = outbox.begin(session, row_id)
            if row is None:
                return
            trace = row.trace or trace
            with traced(trace):
                _carry_out(session, row, runtime, now=now)
    # The edge of the process: whatever went wrong is written on the row, by its class and
    # place only (a message may hold patient data), and tried again until it is parked.
    except Exception as error:  # noqa: BLE001
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "row failed",
            row=str(row_id),
            trace=trace,
            error=type(error).__name__,
            at=f"{place.name}:{place.lineno}",
        )
        with database.transaction() as session:
            if not close_of_nobody(session, row_id, now=now):
                outbox.put_back(session, row_id, now=now, error_code=type(error).__name__)


def _carry_out(session: Session, row: Outbox, runtime: Runtime, *, now: datetime) -> None:
    """Do what a row asks for, under the id of the request that it follows."""
    STEPS[Topic(row.topic)](session, row.subject_id, now, runtime)
    outbox.finish(row, now=now)
    if row.topic != Topic.PROBE:
        log.info("row done", topic=row.topic, row=str(row.id))


@cache
def _runtime(process: int) -> Runtime:  # noqa: ARG001 (a forked child must not share connections)
    settings = Settings()
    configure(settings)
    return Runtime.load(settings)


@celery.task(name="wardlight.work", base=OpaqueTask)  # type: ignore[untyped-decorator] # as above
def work(row_id: str) -> None:
    """Celery's entry: one opaque row id."""
    runtime = _runtime(os.getpid())
    run_row(runtime, UUID(row_id), now=runtime.database.now())
