"""That a page goes on paper is an event of its own, with whose it is (SEC-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.fhir_api.audited import Trail
from app.pages.printed import route_of
from core.audit import AuditEvent
from core.errors import InvalidError
from core.security import Role
from fhir.audit_event import PRINTED
from tests.app.administration.signed_in import Person, come_in

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.database import Database
    from tests.ward import Ward


@pytest.fixture
def doctor(database: Database, web: FastAPI, ward: Ward) -> Person:
    return come_in(database, web, Role.PHYSICIAN, practitioner=ward.practitioner_id)


def events(database: Database, who: Person) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.caller_id == who.id, AuditEvent.entity == PRINTED)
    with database.transaction() as session:
        return list(session.scalars(query.order_by(AuditEvent.id)))


def test_a_printed_page_of_somebody_is_written_down_with_its_route_sec_16(
    database: Database, ward: Ward, doctor: Person
) -> None:
    who = ward.patients["Oh Malsun"]

    answer = doctor.send("/printed", page=f"/patients/{who}/trends")

    (row,) = events(database, doctor)
    with database.transaction() as session:
        (said,) = Trail().render(session, [row])
    assert answer.status_code == 204
    assert (row.action, row.patient_id, row.outcome) == ("E", who, "success")
    assert said["subtype"][0]["code"] == "operation"
    assert said["entity"][-1]["query"] == "cGFnZT0vcGF0aWVudHMve2lkfS90cmVuZHM="


def test_who_stands_on_a_list_is_written_down_and_nobody_else_sec_16(
    database: Database, ward: Ward, doctor: Person
) -> None:
    seen = {ward.patients["Oh Malsun"], ward.patients["Han Sooja"]}
    hidden = ward.patients["Yun Hidden"]
    listed = ",".join(map(str, (*seen, hidden, uuid4())))

    doctor.send("/printed", page="/inbox", patients=listed)
    doctor.send("/printed", page="/rules")

    first, second, third = events(database, doctor)
    assert {first.patient_id, second.patient_id} == seen
    assert third.patient_id is None


def test_what_is_no_page_or_no_form_of_ours_is_refused(doctor: Person, database: Database) -> None:
    foreign = doctor.browser.post("/printed", data={"page": "/inbox", "csrf": "x"})
    many = ",".join(str(uuid4()) for _ in range(501))

    assert foreign.status_code == 403
    assert doctor.send("/printed", page="/inbox?name=Han").status_code == 422
    assert doctor.send("/printed", page="/inbox", patients=many).status_code == 422
    assert events(database, doctor) == []
    with pytest.raises(InvalidError):
        route_of("https://elsewhere.example/")


def test_every_page_of_who_is_signed_in_can_be_printed_and_says_where_it_tells(
    doctor: Person, ward: Ward
) -> None:
    for path in ("/inbox", f"/patients/{ward.patients['Oh Malsun']}", "/rules", "/reached"):
        page = doctor.read(path)
        assert page.count("data-print hidden") == 1, path
        assert 'data-printed="/printed"' in page
    assert "data-printed" not in doctor.browser.get("/sign-in").text
