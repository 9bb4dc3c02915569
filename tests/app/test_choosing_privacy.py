"""A letter to the privacy officer is acted on, and shows them nothing (SEC-12, SEC-45, SEC-47)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.database import now_of
from core.errors import NotFoundError
from core.outbox import Outbox, Topic
from core.security import SYSTEM, Caller, Role
from ingest.choices import Purpose
from ingest.choosing.repository import choices_of, standing_of
from ingest.choosing.service import Asked, choose
from ingest.merging.service import merge, unmerge
from ingest.numbers.repository import add
from ingest.receipt import Kind, Name
from tests.app.administration.signed_in import come_in
from tests.people import called

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import FastAPI

    from core.database import Database
    from tests.app.administration.signed_in import Person
    from tests.app.conftest import Enter
    from tests.ward import Ward

PATH, NUMBERS = "/privacy/choices", "urn:clinic:choices"
SAID = {"purpose": "research", "answer": "no", "comment": "By a letter of Monday."}


@pytest.fixture
def officer(database: Database, web: FastAPI) -> Person:
    return come_in(database, web, Role.PRIVACY_OFFICER)


@pytest.fixture
def number(database: Database, ward: Ward) -> dict[str, str]:
    value = uuid4().hex
    with database.transaction() as session:
        add(session, {Name(Kind.PATIENT, NUMBERS, value): ward.patients["Moon Taesik"]})
    return {"system": NUMBERS, "value": value}


def events(database: Database, officer: Person) -> list[tuple[str, str, UUID | None]]:
    row = AuditEvent
    query = select(row.action, row.outcome, row.patient_id).order_by(row.id)
    with database.transaction() as session:
        mine = query.where(row.caller_id == officer.id, row.entity == "choice")
        return [(each[0], each[1], each[2]) for each in session.execute(mine)]


def test_the_officer_writes_it_down_by_a_number_and_the_team_sees_it_sec_47(
    database: Database, enter: Enter, officer: Person, ward: Ward, number: dict[str, str]
) -> None:
    who = ward.patients["Moon Taesik"]
    assert f'href="{PATH}"' in officer.read("/privacy")

    sent = officer.send(PATH, **SAID | number)

    shown = officer.read(sent.headers["location"])
    assert sent.status_code == 303
    assert "the person&#39;s team sees it" in shown
    for told in ("Moon Taesik", str(who), SAID["comment"], number["value"]):
        assert told not in shown
    assert SAID["comment"] in enter(ward.username).get(f"/patients/{who}/rights").text
    assert events(database, officer) == [("C", "success", who)]
    with database.transaction() as session:
        newest = choices_of(session, [who])[0]
        judged = select(Outbox.id).where(Outbox.topic == Topic.ASSESS, Outbox.subject_id == who)
        assert (newest.purpose, newest.allowed) == (Purpose.RESEARCH, False)
        assert newest.author_id == officer.id
        assert session.scalars(judged).first() is not None


def test_it_stays_with_the_record_of_that_number_when_a_merge_is_undone_sec_28_sec_47(
    database: Database, officer: Person, ward: Ward
) -> None:
    """Who wrote the letter is known by their number, and nobody else said no."""
    kept, value, other = ward.patients["Moon Taesik"], uuid4().hex, uuid4()
    with database.transaction() as session:
        session.add(called(session, other, "Moon Taesik", created=ward.now))
        session.flush()
        add(session, {Name(Kind.PATIENT, NUMBERS, value): other})
        merge(session, SYSTEM, kept, other, reason="one person", now=ward.now)
    said = {"purpose": "training", "answer": "no", "comment": "By a letter."}
    officer.send(PATH, **said | {"system": NUMBERS, "value": value})

    with database.transaction() as session:
        now = now_of(session)
        together = standing_of(session, kept, now=now).word(Purpose.TRAINING)
        unmerge(session, SYSTEM, other, now=now)
        apart = [standing_of(session, id_, now=now) for id_ in (kept, other)]

    assert together is False
    assert [each.word(Purpose.TRAINING) for each in apart] == [None, False]


def test_nobody_by_that_number_and_faults_write_nothing_down_and_keep_no_number_sec_12(
    database: Database, officer: Person, ward: Ward, number: dict[str, str]
) -> None:
    nobody = officer.send(PATH, **SAID | number | {"value": "CANARY-9"})
    faulty = officer.send(PATH, **number | {"purpose": "use", "answer": "", "comment": ""})

    assert (nobody.status_code, faulty.status_code) == (404, 422)
    assert "Nobody is found by exactly this." in nobody.text
    assert "CANARY-9" not in nobody.text
    assert 'id="fault-choice-answer"' in faulty.text
    assert events(database, officer) == [("C", "refused", None)]
    with database.transaction() as session:
        known = choices_of(session, [ward.patients["Moon Taesik"]])
        assert officer.id not in {each.author_id for each in known}


@pytest.mark.parametrize("role", [Role.NURSE, Role.PHYSICIAN, Role.ADMINISTRATOR])
def test_nobody_else_writes_for_whom_they_do_not_see_sec_12(database: Database, role: Role) -> None:
    caller, who, now = Caller("user", uuid4(), role), uuid4(), database.now()
    asked = Asked(Purpose.USE, allowed=False, comment="They rang.")
    with database.transaction() as session:
        session.add(called(session, who, "Nobodys", created=now))
        session.flush()

        with pytest.raises(NotFoundError):
            choose(session, caller, who, asked, now=now)
