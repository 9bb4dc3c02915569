"""Work that was given up: seen by who supervises, tried again with one effect, or discarded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from app import dead_letters
from app.accounts.service import NewUser, create_user
from core import outbox
from core.audit import AuditEvent
from core.errors import ConflictError, InvalidError, NotFoundError
from core.outbox import Outbox, State, Topic
from core.security import SYSTEM, Role
from tests.app.conftest import csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from sqlalchemy.orm import Session

    from core.database import Database
    from tests.ward import Invented, Ward

PEOPLE: tuple[Invented, ...] = ()
Enter = Callable[[str], "TestClient"]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def give_up(session: Session, topic: Topic = Topic.ASSESS, subject: UUID | None = None) -> UUID:
    """Store work that was tried as often as work is."""
    row = Outbox(
        topic=topic,
        subject_id=subject or uuid4(),
        state=State.PARKED,
        attempts=outbox.MAX_ATTEMPTS,
        next_try_at=NOW,
        created_at=NOW,
        last_error_code="ValueError",
    )
    session.add(row)
    session.flush()
    return row.id


def row_of(session: Session, row_id: UUID) -> Outbox:
    return session.get_one(Outbox, row_id, populate_existing=True)


@pytest.fixture(autouse=True)
def alone(session: Session) -> None:
    session.execute(delete(Outbox).where(Outbox.state == State.PARKED))


def test_work_of_a_newer_version_is_listed_as_such_ft_32(session: Session) -> None:
    row = give_up(session)
    row_of(session, row).topic = "of-newer-code"
    session.flush()

    (letter,) = dead_letters.letters(session).shown

    assert letter.words == "do work that this version does not know"


def test_what_was_given_up_is_listed_with_its_cause_and_no_message(session: Session) -> None:
    row = give_up(session)

    (letter,) = dead_letters.letters(session).shown

    assert (letter.id, letter.cause, letter.attempts) == (row, "ValueError", 8)
    assert letter.words == "judge a patient's readings"


def test_every_topic_has_words() -> None:
    assert set(dead_letters.WORDS) == set(Topic)


def test_what_is_resubmitted_is_leased_again_and_audited_al_16(session: Session) -> None:
    patient = uuid4()
    row = give_up(session, subject=patient)

    dead_letters.resubmit(session, SYSTEM, row, now=NOW)

    assert (row_of(session, row).state, row_of(session, row).attempts) == ("open", 0)
    leased = outbox.lease(session, owner="x", now=NOW, length=NOW - NOW, limit=50)
    assert row in {each.id for each in leased}
    audited = session.scalars(select(AuditEvent).where(AuditEvent.entity_id == row)).all()
    assert [(each.action, each.patient_id) for each in audited] == [("E", patient)]


def test_what_waits_anyway_is_joined_and_not_doubled(session: Session) -> None:
    patient = uuid4()
    row = give_up(session, subject=patient)
    outbox.offer(session, Topic.ASSESS, patient, now=NOW)

    dead_letters.resubmit(session, SYSTEM, row, now=NOW)

    waiting = select(Outbox).where(Outbox.subject_id == patient, Outbox.state == State.OPEN)
    assert len(session.scalars(waiting).all()) == 1
    assert row_of(session, row).state == "done"


def test_it_is_discarded_with_a_reason_and_only_once(session: Session) -> None:
    row = give_up(session)
    for reason in ("", " ", "x" * 501):
        with pytest.raises(InvalidError) as refusal:
            dead_letters.discard(session, SYSTEM, row, reason, now=NOW)
        assert refusal.value.field == "reason"

    dead_letters.discard(session, SYSTEM, row, "the export was deleted", now=NOW)

    assert (row_of(session, row).state, row_of(session, row).note) == (
        "discarded",
        "the export was deleted",
    )
    with pytest.raises(ConflictError, match="somebody was first"):
        dead_letters.resubmit(session, SYSTEM, row, now=NOW)
    with pytest.raises(NotFoundError):
        dead_letters.resubmit(session, SYSTEM, uuid4(), now=NOW)
    assert dead_letters.letters(session).shown == []


def test_a_supervisor_works_it_from_the_page_and_nobody_else_sees_it(
    database: Database, enter: Enter, ward: Ward
) -> None:
    login = f"supervisor-{uuid4().hex[:8]}"
    with database.transaction() as session:
        new = NewUser(login, "Ms Oh", PASSWORD, Role.SUPERVISOR)
        create_user(session, new, now=ward.now)
        again, never = give_up(session), give_up(session, Topic.EXPORT)
    client, physician = enter(login), enter(ward.username)

    page = client.get("/dead-letters").text
    token = csrf(page)
    retried = client.post(f"/dead-letters/{again}/resubmit", data={"csrf": token})
    dropped = client.post(f"/dead-letters/{never}/discard", data={"csrf": token, "reason": "gone"})
    twice = client.post(f"/dead-letters/{never}/discard", data={"csrf": token, "reason": "gone"})

    assert "Judge a patient" in page
    assert "ValueError, after 8 tries" in page
    assert '<a href="/dead-letters"' in page
    assert (retried.status_code, dropped.status_code, twice.status_code) == (303, 303, 409)
    with database.transaction() as session:
        assert row_of(session, again).state == "open"
        assert row_of(session, never).note == "gone"
        session.execute(delete(Outbox).where(Outbox.id.in_([again, never])))
    assert physician.get("/dead-letters").status_code == 404
    assert 'href="/dead-letters"' not in physician.get("/inbox").text
    other = csrf(physician.get("/patients").text)
    assert (
        physician.post(f"/dead-letters/{again}/resubmit", data={"csrf": other}).status_code == 404
    )
