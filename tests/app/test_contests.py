"""A score can be contested, one by one, and a clinician answers for it (SEC-46)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select

from app.copies.service import copy
from core.audit import AuditEvent
from core.clock import utc_now
from core.security import SYSTEM, Caller, Role
from ingest.choices import Purpose
from ingest.numbers.repository import add
from ingest.receipt import Kind, Name
from monitoring.contesting import service
from monitoring.contesting.service import Asked, Said
from monitoring.contesting.tables import ScoreContest
from monitoring.contests import By, Ground, Ruling
from reports.week import Week
from tests.app.administration.signed_in import Person, come_in
from tests.app.conftest import SETTINGS
from tests.choosing import say
from tests.score_alert import scored
from tests.scored import score

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from fastapi import FastAPI

    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Ward

WHO, HIDDEN = "Han Sooja", "Yun Hidden"
NOTE = "The cuff was on the wrong arm."
FIELDS = {"by": "patient", "ground": "wrong-reading", "note": NOTE}
NUMBERS = "https://clinic.example/mrn"


@dataclass(frozen=True, slots=True)
class Case:
    """Whose score opened which alert, and who reads of it."""

    who: UUID
    judged: UUID
    doctor: Person
    caller: Caller

    @property
    def page(self) -> str:
        """Return where the score is explained."""
        return f"/patients/{self.who}/scores/{self.judged}"


@pytest.fixture(scope="module")
def judged(database: Database, ward: Ward) -> UUID:
    with database.transaction() as session:
        return scored(session, ward.patients[WHO], now=utc_now())[0]


@pytest.fixture(autouse=True)
def uncontested(embedded: Servers) -> Iterator[None]:
    """Leave nothing contested: a judgement that is cannot go while other tests run."""
    yield
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        connection.execute("delete from score_contest")  # which the application may not


@pytest.fixture
def case(database: Database, web: FastAPI, ward: Ward, judged: UUID) -> Case:
    practitioner = ward.practitioner_id
    doctor = come_in(database, web, Role.PHYSICIAN, practitioner=practitioner)
    caller = Caller("user", doctor.id, Role.PHYSICIAN, practitioner)
    return Case(ward.patients[WHO], judged, doctor, caller)


def contests(database: Database, who: UUID) -> list[ScoreContest]:
    query = select(ScoreContest).where(ScoreContest.patient_id == who).order_by(ScoreContest.at)
    with database.transaction() as session:
        return list(session.scalars(query))


def test_one_score_is_contested_and_answered_and_it_shows_beside_it_sec_46(
    database: Database, ward: Ward, case: Case
) -> None:
    before = case.doctor.read("/inbox")
    sent = case.doctor.send(case.page, **FIELDS)
    (row,) = contests(database, case.who)
    waiting = case.doctor.read("/contests")
    inbox, patient = case.doctor.read("/inbox"), case.doctor.read(f"/patients/{case.who}")

    assert sent.status_code == 303
    assert "its score is contested" not in before
    assert "1 contested score waits for an answer" in inbox
    assert "its score is contested" in inbox
    for page in (waiting, patient):
        assert NOTE in page
        assert "Contested by the patient: a reading is wrong." in page
    assert "Its score is contested." in patient
    assert f'href="{case.page}#contest-{row.id}"' in patient

    answer = {"ruling": "upheld", "note": "It was; measured again."}
    answered = case.doctor.send(f"/patients/{case.who}/contests/{row.id}", **answer)
    late = case.doctor.send(f"/patients/{case.who}/contests/{row.id}", **answer)
    after = case.doctor.read(case.page)

    assert (answered.status_code, late.status_code) == (303, 409)
    assert "Upheld: the score was wrong about the person." in after
    assert "It was; measured again." in after
    assert "its score was contested, and that was upheld" in case.doctor.read("/inbox")
    assert NOTE not in case.doctor.read("/contests")
    week = Week.of(utc_now(), zone=UTC)
    for path in ("/quality", f"/reports/{ward.team}?week={week}"):
        parts = case.doctor.read(path).split('id="contests"')[1].split("<dd>")[1:5]
        figures = [part.split("</dd>")[0].split("<")[0].strip() for part in parts]
        assert [figures[0], figures[3]] == ["1", "0"]
        assert all(each.startswith("100") for each in figures[1:3])
    with database.transaction() as session:
        events = select(AuditEvent.action).where(
            AuditEvent.patient_id == case.who, AuditEvent.entity == service.ENTITY
        )
        assert set(session.scalars(events)) == {"C", "R", "U"}


def test_the_page_of_a_score_says_what_it_was_made_of_and_by_which_model_sec_46(
    case: Case,
) -> None:
    page = case.doctor.read(case.page)

    assert 'id="risk-all-parts"' in page
    assert "risk-" in page.split('class="caution"')[1]


def test_another_contested_score_of_the_person_is_named_and_leads_there_sec_46(
    database: Database, case: Case
) -> None:
    with database.transaction() as session:
        earlier = score(session, case.who, utc_now() - timedelta(days=1), 0.2)
    there = f"/patients/{case.who}/scores/{earlier}"
    assert case.doctor.send(there, **FIELDS).status_code == 303

    page = case.doctor.read(case.page)

    assert "Other contested scores" in page
    assert f'href="{there}"' in page


def test_what_is_missing_is_said_beside_its_field(database: Database, case: Case) -> None:
    wrong = case.doctor.send(case.page, by="neighbour", ground="", note=" ")
    long = case.doctor.send(case.page, **FIELDS | {"note": "x" * 501})

    assert (wrong.status_code, long.status_code) == (422, 422)
    for name in ("by", "ground", "note"):
        assert f'id="fault-{name}"' in wrong.text
    assert "at most 500 characters" in long.text
    assert contests(database, case.who) == []


def test_nobody_else_contests_or_answers_sec_12(
    database: Database, web: FastAPI, ward: Ward, case: Case
) -> None:
    case.doctor.send(case.page, **FIELDS)
    (row,) = contests(database, case.who)
    other = ward.patients[HIDDEN]
    outsider = come_in(database, web, Role.NURSE)

    assert outsider.browser.get(case.page).status_code == 404
    assert outsider.send(case.page, **FIELDS).status_code == 404
    path = f"/patients/{case.who}/contests/{row.id}"
    assert outsider.send(path, ruling="upheld", note="x").status_code == 404
    assert (
        case.doctor.send(f"/patients/{other}/contests/{row.id}", ruling="upheld").status_code == 404
    )
    assert case.doctor.browser.get(f"/patients/{case.who}/scores/{uuid4()}").status_code == 404
    assert NOTE not in outsider.read("/contests")
    with database.transaction() as session:
        assert session.get_one(ScoreContest, row.id).ruling is None


def test_the_privacy_officer_writes_it_down_by_a_number_and_sees_no_score_sec_46(
    database: Database, web: FastAPI, case: Case
) -> None:
    officer: Person = come_in(database, web, Role.PRIVACY_OFFICER)
    number = uuid4().hex
    with database.transaction() as session:
        add(session, {Name(Kind.PATIENT, NUMBERS, number): case.who})
    called = {"system": NUMBERS, "value": number}

    sent = officer.send("/privacy/contests", **FIELDS | called)
    own = officer.send("/privacy/contests", **FIELDS | called | {"by": "clinician"})
    nobody = officer.send("/privacy/contests", **FIELDS | called | {"value": "CANARY-1"})
    page = officer.read("/privacy/contests")

    assert (sent.status_code, own.status_code, nobody.status_code) == (303, 422, 404)
    (row,) = contests(database, case.who)
    assert row.assessment_id == case.judged
    assert str(case.who) in page
    assert NOTE not in page
    assert "CANARY-1" not in nobody.text
    assert NOTE in case.doctor.read("/contests")


def test_an_overdue_answer_is_said_so_nobody_is_forgotten_sec_46(
    database: Database, case: Case
) -> None:
    asked = Asked(By.CARER, Ground.EXPLAINED, NOTE, case.judged)
    with database.transaction() as session:
        long_ago = utc_now() - timedelta(days=8)
        service.contest(session, case.caller, case.who, asked, now=long_ago)

    assert "overdue" in case.doctor.read("/contests")
    for page in ("/inbox", "/digest"):
        assert "1 contested score waits for an answer, 1 overdue" in case.doctor.read(page)


def test_who_objects_keeps_what_they_contested_and_is_shown_no_score_sec_46(
    database: Database, case: Case
) -> None:
    case.doctor.send(case.page, **FIELDS)
    with database.transaction() as session:
        say(session, case.who, Purpose.SCORING, allowed=False, at=utc_now())

    page, patient = case.doctor.read(case.page), case.doctor.read(f"/patients/{case.who}")
    with database.transaction() as session:  # for the tests after this one
        say(session, case.who, Purpose.SCORING, allowed=True, at=utc_now())

    for each in (page, patient):
        assert NOTE in each
        assert 'id="risk-title"' not in each


def test_the_copy_has_it_as_a_note_of_the_score_and_as_a_row_sec_43(
    database: Database, case: Case
) -> None:
    asked, now = Asked(By.PATIENT, Ground.FACT, NOTE, case.judged), utc_now()
    with database.transaction() as session:
        made = service.contest(session, case.caller, case.who, asked, now=now)
        said = Said(Ruling.NOT_UPHELD, "The age is right.")
        answered = now + timedelta(seconds=1)
        service.answer(session, case.caller, made.id, said, now=answered)
        known = copy(session, SYSTEM, case.who, SETTINGS, now=answered + timedelta(seconds=1))

    (score,) = (
        each["resource"] for each in known.entries if each["resource"]["id"] == str(case.judged)
    )
    assert [each["text"] for each in score["note"]] == [
        f"Contested by the patient: a fact about the person is wrong. {NOTE}",
        "Not upheld: the score stands. The age is right.",
    ]
    assert score["meta"]["lastUpdated"] == answered.isoformat()
    (row,) = known.tables["score_contest"]
    assert (row["note"], row["answer"]) == (NOTE, "The age is right.")


def test_the_pages_are_in_korean_too(case: Case) -> None:
    korean = {"Accept-Language": "ko"}
    case.doctor.send(case.page, **FIELDS)

    assert (
        "이의 제기(본인): 측정값이 틀림" in case.doctor.browser.get(case.page, headers=korean).text
    )
    assert "점수에 이의가 제기됨" in case.doctor.browser.get("/inbox", headers=korean).text
