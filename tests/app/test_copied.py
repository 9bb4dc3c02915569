"""The copy as a download: for the person's team, and for the privacy officer (SEC-43)."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING
from uuid import uuid4
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.security import Role
from ingest.numbers import repository as numbers
from ingest.receipt import Kind, Name
from tests.app.administration.signed_in import come_in
from tests.app.conftest import csrf

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import FastAPI

    from core.database import Database
    from tests.app.administration.signed_in import Person
    from tests.app.conftest import Enter
    from tests.ward import Ward

WHO = "Han Sooja"
PATH = "/privacy/copies"
CLINIC = "urn:clinic:copies"


@pytest.fixture
def officer(database: Database, web: FastAPI) -> Person:
    return come_in(database, web, Role.PRIVACY_OFFICER)


def made_by(database: Database, patient: UUID) -> list[UUID | None]:
    with database.transaction() as session:
        query = select(AuditEvent.caller_id).where(
            AuditEvent.patient_id == patient, AuditEvent.entity == "copy", AuditEvent.action == "E"
        )
        return list(session.scalars(query.order_by(AuditEvent.id)))


def opened(content: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(content)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def test_the_team_hands_out_all_of_it_and_it_is_written_down(
    enter: Enter, database: Database, ward: Ward
) -> None:
    who, doctor = ward.patients[WHO], enter(ward.username)
    page = doctor.get(f"/patients/{who}/rights").text
    address = f"/patients/{who}/rights/copy"
    assert f'action="{address}"' in page

    answer = doctor.post(address, data={"csrf": csrf(page)})

    files = opened(answer.content)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert {"record.json", "tables.json", "record.pdf"} <= set(files)
    assert files["record.pdf"].startswith(b"%PDF")
    tables = json.loads(files["tables.json"])
    assert tables["patient"][0]["id"] == str(who)
    assert [row["until"] for row in tables["patient_stay"]] == [None]  # with their team so far
    assert made_by(database, who)[-1] == ward.user_id


def test_nobody_else_gets_one_sec_11(enter: Enter, database: Database, ward: Ward) -> None:
    who, outsider = ward.patients[WHO], enter(ward.outsider)
    before = made_by(database, who)
    token = csrf(outsider.get("/inbox").text)

    answer = outsider.post(f"/patients/{who}/rights/copy", data={"csrf": token})

    assert answer.status_code == 404
    assert made_by(database, who) == before


def test_the_officer_names_the_person_by_a_number_and_opens_no_chart(
    officer: Person, database: Database, ward: Ward
) -> None:
    who, number = ward.patients[WHO], uuid4().hex
    with database.transaction() as session:
        numbers.add(session, {Name(Kind.PATIENT, CLINIC, number): who})
    assert f'href="{PATH}"' in officer.read("/privacy")

    answer = officer.send(PATH, system=CLINIC, value=number)

    assert json.loads(opened(answer.content)["tables.json"])["patient"][0]["id"] == str(who)
    assert made_by(database, who)[-1] == officer.id
    assert officer.browser.get(f"/patients/{who}").status_code == 404
    assert officer.send(f"/patients/{who}/rights/copy").status_code == 404


def test_a_number_of_nobody_is_said_and_written_down(officer: Person) -> None:
    for value in (uuid4().hex, " "):
        answer = officer.send(PATH, system=CLINIC, value=value)

        assert answer.status_code == 404
        assert "Nobody is found by exactly this." in answer.text


def test_the_officers_page_is_in_korean_too(officer: Person) -> None:
    page = officer.browser.get(PATH, headers={"Accept-Language": "ko"}).text

    assert "사본 만들기(ZIP)" in page
