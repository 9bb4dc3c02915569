"""Who looked at whom, as the privacy officer finds it (SEC-16, SEC-19, SEC-24, SEC-39)."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.audit_search import service
from app.audit_search.kinds import OTHER, PAGE, RESOURCE, RETENTION, WORDS
from app.audit_search.wanted import Typed, read
from core.asking import asking
from core.audit import Action, AuditEvent, record
from core.clock import utc_now
from core.errors import InvalidError
from core.security import Caller, Role
from tests.app.administration.signed_in import Person, come_in
from tests.app.conftest import SETTINGS

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import FastAPI

    from core.database import Database
    from tests.ward import Ward

OWN, HIDDEN = "Oh Malsun", "Yun Hidden"
PATH = "/privacy/audit"


@pytest.fixture
def officer(database: Database, web: FastAPI) -> Person:
    return come_in(database, web, Role.PRIVACY_OFFICER)


def looked(database: Database, who: UUID, patient: UUID, kind: str = "patient") -> None:
    with asking("192.0.2.9", ""), database.transaction() as session:
        record(session, Caller("user", who), Action.READ, kind, now=utc_now(), patients=[patient])


def rows_of(database: Database, who: UUID, kind: str) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.caller_id == who, AuditEvent.entity == kind)
    with database.transaction() as session:
        return list(session.scalars(query))


def test_the_officer_finds_who_looked_at_whom_and_the_look_is_written_down_sec_16(
    database: Database, ward: Ward, officer: Person
) -> None:
    who, patient = uuid4(), uuid4()
    looked(database, who, patient, "trends")

    page = officer.read(f"{PATH}?who={who}")

    assert str(patient) in page
    assert "192.0.2.9" in page
    assert ward.patients
    assert not any(name in page for name in ward.patients)
    assert patient in {row.patient_id for row in rows_of(database, officer.id, "audit")}
    assert str(who) in officer.read(f"{PATH}?patient={patient}&kind=trends&outcome=success")
    assert str(who) not in officer.read(f"{PATH}?patient={patient}&kind=inbox")
    assert str(who) not in officer.read(f"{PATH}?patient={patient}&until=2020-01-01")
    assert str(who) in officer.read(f"{PATH}?patient={patient}&since=2020-01-01")


def test_who_has_no_care_relation_stands_in_a_view_of_its_own_sec_16(
    database: Database, ward: Ward, officer: Person
) -> None:
    related, other = ward.patients[OWN], ward.patients[HIDDEN]
    assert ward.user_id is not None
    for patient in (related, other):
        looked(database, ward.user_id, patient)

    page = officer.read(f"{PATH}?view=unrelated&who={ward.user_id}")

    assert str(other) in page
    assert str(related) not in page


def test_a_person_and_a_number_are_sent_and_stand_in_no_address_sec_24(
    database: Database, web: FastAPI, officer: Person
) -> None:
    nurse = come_in(database, web, Role.NURSE)

    found = officer.send(PATH, username=nurse.username, outcome="success")
    nobody = officer.send(PATH, system="urn:mrn", value="CANARY-1")
    wrong = officer.send(PATH, since="yesterday")

    assert found.status_code == 303
    assert found.headers["location"] == f"{PATH}?who={nurse.id}&outcome=success"
    assert (nobody.status_code, wrong.status_code) == (404, 422)
    assert "Nobody is found by exactly this." in nobody.text
    assert "CANARY-1" not in nobody.text
    assert "refused" in {row.outcome for row in rows_of(database, officer.id, "audit")}


def test_pages_hold_a_hundred_and_lead_on(database: Database, officer: Person) -> None:
    who = uuid4()
    now = utc_now()
    with database.transaction() as session:
        record(session, Caller("user", who), Action.READ, "patients", now=now,
               patients=[uuid4() for _ in range(101)])  # fmt: skip

    first = officer.read(f"{PATH}?who={who}")
    older = first.split('href="' + PATH + f"?who={who}&amp;before=")[1].split('"')[0]
    second = officer.read(f"{PATH}?who={who}&before={older}")

    assert first.count("Read: The list of patients <code") == 100
    assert second.count("Read: The list of patients <code") == 1
    assert f'href="{PATH}?who={who}">Newest' in second
    assert ">Newest" not in first


def test_kinds_are_words_and_keep_their_codes_sec_16(database: Database, officer: Person) -> None:
    who = uuid4()
    for kind in ("page-print", "Observation", "/patients/{patient_id}", "retention/x", "odd"):
        looked(database, who, uuid4(), kind)

    page = officer.read(f"{PATH}?who={who}")
    korean = officer.browser.get(f"{PATH}?who={who}", headers={"Accept-Language": "ko"}).text

    for word in (WORDS["page-print"], PAGE, RESOURCE, RETENTION, OTHER):
        assert f"Read: {word} <code" in page
    assert ">page-print</code>" in page
    assert '<option value="page-print">' in page
    assert "읽음: 종이에 인쇄한 페이지" in korean


def test_the_file_has_no_formulas_and_is_written_down_sec_39(
    database: Database, officer: Person
) -> None:
    who, patient = uuid4(), uuid4()
    looked(database, who, patient, "=cmd|' /C calc'!A0")

    answer = officer.browser.get(f"{PATH}.csv?who={who}")

    head, row = csv.reader(io.StringIO(answer.text))
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.csv"'
    assert dict(zip(head, row, strict=True))["kind"].startswith("'=cmd")
    assert dict(zip(head, row, strict=True))["patient"] == str(patient)
    assert [each.patient_id for each in rows_of(database, officer.id, "audit-export")] == [patient]


def test_what_is_typed_wrongly_is_named() -> None:
    zone = ZoneInfo(SETTINGS.site_timezone)
    for wrong, field in (
        (Typed(who="x"), "who"),
        (Typed(patient="x"), "patient"),
        (Typed(since="x"), "since"),
        (Typed(until="x"), "until"),
        (Typed(outcome="x"), "outcome"),
        (Typed(view="x"), "view"),
    ):
        with pytest.raises(InvalidError) as error:
            read(wrong, zone)
        assert error.value.field == field


@pytest.mark.parametrize(("many", "status"), [(3, 200), (4, 422)])
def test_no_file_is_handed_out_that_lacks_an_event_sec_19(
    database: Database,
    officer: Person,
    monkeypatch: pytest.MonkeyPatch,
    many: int,
    status: int,
) -> None:
    monkeypatch.setattr(service, "MOST", 3)
    who = uuid4()
    for _ in range(many):
        looked(database, who, uuid4())

    answer = officer.browser.get(f"{PATH}.csv?who={who}")
    korean = officer.browser.get(f"{PATH}.csv?who={who}", headers={"Accept-Language": "ko"}).text

    assert answer.status_code == status
    written = rows_of(database, officer.id, "audit-export")
    if status == 200:
        assert len(list(csv.reader(io.StringIO(answer.text)))) == many + 1
        assert len(written) == 2 * many
    else:
        assert "A file holds at most 3 events, and these are more." in answer.text
        assert "최대 3건" in korean
        assert not written


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("until=9999-12-31", "There is no such day from 1900 to 2999."),
        ("since=0001-01-01", "There is no such day from 1900 to 2999."),
        ("kind=a%00", "A character that cannot be shown stands in kind."),
        (f"before={10**30}", "Use a whole number of at most 18 digits for before."),
        ("before=-1", "Use a whole number of at most 18 digits for before."),
    ],
)
def test_an_absurd_question_is_refused_with_its_reason(
    officer: Person, asked: str, why: str
) -> None:
    page = officer.browser.get(f"{PATH}?{asked}")

    assert page.status_code == 422
    assert why in page.text
