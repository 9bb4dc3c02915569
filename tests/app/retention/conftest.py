"""Rows of many kinds and of any age, and a run until nothing is left to be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from alerts.patients.tables import PatientMessage, PatientMessageAttempt
from app.accounts.tables import AppUser, LoginSession, SignInFailure, SpentState
from app.bulk.tables import BulkLoad, BulkOutcome
from app.emergency.service import STARTED
from app.periods import ScheduledRun
from app.retention import service
from app.retention.kinds import KINDS
from app.retention.tables import RetentionPass
from app.retention.terms import stated
from app.sending.tables import SentForm
from app.tries.tables import RefusedTries
from core.outbox import Outbox, State, Topic
from ingest.arrivals.tables import Arrivals
from ingest.repeats.tables import AnsweredRequest
from ingest.tables import Client, Patient
from monitoring.asking.tables import RepeatRequest
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from core.database import Base

NOW = datetime(2031, 5, 6, 12, 0, tzinfo=UTC)


@pytest.fixture
def someone(session: Session) -> UUID:
    id_ = uuid4()
    session.add(Patient(id=id_, created_at=NOW))
    session.flush()
    return id_


def message(session: Session, patient: UUID, at: datetime) -> Base:
    row = PatientMessage(
        id=uuid4(),
        patient_id=patient,
        recipient="patient",
        channel="sms",
        kind="daily",
        key=str(uuid4()),
        asks=[],
        says={},
        language="en",
        zone="UTC",
        state="answered",
        reason="",
        carer=False,
        created_at=at,
        until=at,
        link_digest=str(uuid4()),
    )
    session.add(row)
    session.flush()
    tried = PatientMessageAttempt(message_id=row.id, number=1, at=at, code="")
    session.add(tried)
    return row


def judgement(session: Session, patient: UUID, at: datetime) -> Base:
    row = AssessmentRow(
        id=uuid4(),
        patient_id=patient,
        key=str(uuid4()),
        at=at,
        severity="NONE",
        findings=[],
        shadow=[],
        risk={},
        usual=[],
        expected=[],
        notes=[],
        rulebook_hash="",
        judged_from=at,
        received_until=at,
    )
    session.add(row)
    return row


def load(session: Session, _: UUID, at: datetime) -> Base:
    client = session.scalar(select(Client).where(Client.name == "retention"))
    if client is None:
        client = Client(id=uuid4(), name="retention", jwks={}, scopes=[], created_at=NOW)
        session.add(client)
        session.flush()
    row = BulkLoad(id=uuid4(), client_id=client.id, state="done", started_at=at, expires_at=at)
    session.add(row)
    session.flush()
    session.add(BulkOutcome(load_id=row.id, first_line=1, body=b"x"))
    return row


def signed_in(session: Session, _: UUID, at: datetime) -> Base:
    user = AppUser(id=uuid4(), username=str(uuid4()), password_hash="", role="nurse", created_at=at)
    session.add(user)
    session.flush()
    row = LoginSession(
        user_id=user.id, secret_digest=str(uuid4()), created_at=at, last_seen_at=at, expires_at=at
    )
    session.add(row)
    return row


def plain(make: Callable[[UUID, datetime], Base]) -> Callable[[Session, UUID, datetime], Base]:
    def add(session: Session, patient: UUID, at: datetime) -> Base:
        row = make(patient, at)
        session.add(row)
        return row

    return add


MADE: dict[str, Callable[[Session, UUID, datetime], Base]] = {
    "passing-messages": message,
    "judgements": judgement,
    "bulk-loads": load,
    "sessions": signed_in,
    "work-done": plain(
        lambda _, at: Outbox(
            topic=Topic.ASSESS,
            subject_id=uuid4(),
            state=State.DONE,
            next_try_at=at,
            created_at=at,
            done_at=at,
        )
    ),
    "runs": plain(lambda _, at: ScheduledRun(job="test", period=str(uuid4()), ran_at=at)),
    "refused-tries": plain(
        lambda _, at: RefusedTries(
            what=STARTED, who=str(uuid4()), period=at, tried=1, held=0, last_at=at
        )
    ),
    "repeated-answers": plain(
        lambda _, at: AnsweredRequest(key=uuid4(), digest=b"d", answer=b"a", answered_at=at)
    ),
    "sign-in-failures": plain(
        lambda _, at: SignInFailure(account_digest="a", source_digest="s", at=at)
    ),
    "spent-links": plain(lambda _, at: SpentState(digest=str(uuid4()), at=at)),
    "sent-forms": plain(lambda _, at: SentForm(digest=str(uuid4()), subject_id=uuid4(), at=at)),
    "arrivals": plain(lambda _, at: Arrivals(until=at, people=1)),
    "repeat-requests": plain(
        lambda patient, at: RepeatRequest(
            patient_id=patient,
            vital="spo2",
            reading_id=str(uuid4()),
            rule_id="R",
            taken_at=at,
            asked_at=at,
            until=at,
            critical=False,
            tip="",
        )
    ),
}


@pytest.fixture(autouse=True)
def nothing_else(session: Session) -> None:
    """Take away what earlier tests committed of these kinds, so that only these rows are told of.

    It is rolled back with the test.
    """
    for name in KINDS:
        now, kept = NOW + timedelta(days=4000), stated().kinds[name].kept
        assert kept is not None
        for each in KINDS[name]:
            while each.remove(session, before=now, held=(), most=5000).more:
                pass
    session.execute(delete(RetentionPass))


def run_through(session: Session, *, now: datetime, most: int = service.AT_ONCE) -> int:
    """Take every step of every pass that is due, and return how many steps that were."""
    service.begin(session, now=now)
    steps = 0
    while row := service.next_open(session):
        service.step(session, row, now=now, most=most)
        steps += 1
    return steps
