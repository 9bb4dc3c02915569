"""The privacy officer's page of erasures and holds (SEC-44), in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.erasure.tables import Erasure, LegalHold
from core.clock import utc_now
from core.security import SYSTEM, Role
from ingest.merging.service import merge
from ingest.tables import Patient
from tests.app.administration.signed_in import come_in
from tests.people import called

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.database import Database
    from tests.app.administration.signed_in import Person

HERE = "/privacy/erasures"


@pytest.fixture
def officer(database: Database, pages: FastAPI) -> Person:
    return come_in(database, pages, Role.PRIVACY_OFFICER)


@pytest.fixture
def somebody(database: Database) -> UUID:
    id_ = uuid4()
    with database.transaction() as session:
        session.add(called(session, id_, "Ines Vale", created=utc_now()))
    return id_


def erasure_of(database: Database, patient: UUID) -> Erasure:
    with database.transaction() as session:
        return session.scalars(select(Erasure).where(Erasure.of_id == patient)).one()


def test_one_asks_and_another_confirms_sec_44(
    database: Database, pages: FastAPI, officer: Person, somebody: UUID
) -> None:
    asked = officer.send(HERE, patient=str(somebody), reason="consent")
    row = erasure_of(database, somebody)
    mine = officer.read(HERE)
    early = officer.send(f"{HERE}/{row.id}/confirm")
    other = come_in(database, pages, Role.PRIVACY_OFFICER)
    theirs = other.read(HERE)
    confirmed = other.send(f"{HERE}/{row.id}/confirm")

    assert asked.status_code == confirmed.status_code == 303
    assert early.status_code == 409
    assert f"{HERE}/{row.id}/confirm" not in mine
    assert "or you in 72 hours" in mine
    assert f"{HERE}/{row.id}/confirm" in theirs
    assert "Ines" not in theirs
    assert erasure_of(database, somebody).state == "confirmed"


def test_a_hold_is_shown_and_takes_the_button_away_sec_44(
    database: Database, pages: FastAPI, officer: Person, somebody: UUID
) -> None:
    officer.send(HERE, patient=str(somebody), reason="objected")
    row = erasure_of(database, somebody)
    held = officer.send(
        "/privacy/holds", patient=str(somebody), reason="A court asks", until="2031-05-31"
    )
    other = come_in(database, pages, Role.PRIVACY_OFFICER)
    page = other.read(HERE)
    refused = other.send(f"{HERE}/{row.id}/confirm")
    with database.transaction() as session:
        hold = session.scalars(select(LegalHold.id).where(LegalHold.patient_id == somebody)).one()
    released = other.send(f"/privacy/holds/{hold}/release")
    withdrawn = officer.send(f"{HERE}/{row.id}/withdraw")

    assert held.status_code == released.status_code == withdrawn.status_code == 303
    assert "A court asks" in page
    assert f"{HERE}/{row.id}/confirm" not in page
    assert refused.status_code == 409
    with database.transaction() as session:
        assert session.get(Patient, somebody) is not None


def test_whoever_takes_the_second_look_sees_every_record_that_goes_sec_44_sec_28(
    database: Database, pages: FastAPI, officer: Person, somebody: UUID
) -> None:
    other_id = uuid4()
    with database.transaction() as session:
        session.add(called(session, other_id, "Ines Vale", created=utc_now()))
        session.flush()
        merge(session, SYSTEM, somebody, other_id, reason="one person", now=utc_now())
    officer.send(HERE, patient=str(somebody), reason="objected")
    row, other = erasure_of(database, somebody), come_in(database, pages, Role.PRIVACY_OFFICER)
    before = other.read(HERE)
    officer.send("/privacy/holds", patient=str(other_id), reason="A court asks")
    after = other.read(HERE)

    assert re.search(rf"With the records that were merged</dt><dd>{other_id}</dd>", before)
    assert f"{HERE}/{row.id}/confirm" in before
    assert f"{HERE}/{row.id}/confirm" not in after


def test_a_hold_without_an_end_that_can_be_is_refused_and_none_is_set_sec_44(
    database: Database, officer: Person, somebody: UUID
) -> None:
    refused = officer.send(
        "/privacy/holds", patient=str(somebody), reason="A court asks", until="9999-12-31"
    )

    assert refused.status_code == 422
    assert "There is no such day from 1900 to 2999." in refused.text
    with database.transaction() as session:
        held = session.scalars(select(LegalHold.id).where(LegalHold.patient_id == somebody))
        assert not held.all()


def test_the_page_speaks_korean_ux_17(officer: Person) -> None:
    officer.browser.cookies.set("language", "ko")

    page = officer.browser.get(HERE, headers={"Accept-Language": "ko"}).text

    assert "삭제 요청" in page
    assert not re.search("Ask for an erasure|Set a legal hold", page)
