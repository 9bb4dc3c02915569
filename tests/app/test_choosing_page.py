"""The page of a person's rights, and that nobody takes silence for health (SEC-45 to SEC-47)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from ingest.choices import Purpose
from ingest.choosing.repository import standing_of
from tests.app.conftest import csrf
from tests.choosing import say

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward

WHO = "Han Sooja"


@pytest.fixture
def doctor(enter: Enter, ward: Ward) -> TestClient:
    return enter(ward.username)


def send(doctor: TestClient, ward: Ward, who: str, **fields: str) -> tuple[int, str]:
    address = f"/patients/{ward.patients[who]}/rights"
    token = csrf(doctor.get(address).text)
    answer = doctor.post(address, data={"csrf": token} | fields)
    return answer.status_code, answer.text


def test_a_withdrawn_consent_is_said_on_the_page_and_in_the_strip_sec_47(
    doctor: TestClient, database: Database, ward: Ward
) -> None:
    who = ward.patients[WHO]
    quiet = doctor.get("/inbox").text

    status, _ = send(doctor, ward, WHO, purpose="monitoring", answer="no", comment="By letter.")
    page, inbox = doctor.get(f"/patients/{who}").text, doctor.get("/inbox").text

    assert status == 303
    assert "says nothing of their health" in page
    assert "by their own will" not in quiet
    assert "1 not judged" in inbox
    with database.transaction() as session:
        assert not standing_of(session, who, now=ward.now.replace(year=2100)).monitored
        say(session, who, Purpose.MONITORING, allowed=True, at=ward.now.replace(year=2099))
        found = session.scalars(
            select(AuditEvent.action).where(
                AuditEvent.patient_id == who, AuditEvent.entity == "choice"
            )
        )
        assert {"C", "R"} <= set(found)


def test_who_objects_sees_no_score_on_their_page_sec_46(
    doctor: TestClient, database: Database, ward: Ward
) -> None:
    who = ward.patients["Oh Malsun"]
    before = doctor.get(f"/patients/{who}").text
    with database.transaction() as session:
        say(session, who, Purpose.SCORING, allowed=False, at=ward.now)

    after = doctor.get(f"/patients/{who}").text

    assert 'id="risk-title"' in before
    assert 'id="risk-title"' not in after
    assert "objects to automated scoring" in after


def test_what_is_missing_is_said_beside_its_field(doctor: TestClient, ward: Ward) -> None:
    status, text = send(doctor, ward, WHO, purpose="marketing", answer="", comment=" ")

    assert status == 422
    for name in ("purpose", "answer", "comment"):
        assert f'id="fault-choice-{name}"' in text


def test_the_page_is_in_korean_too(doctor: TestClient, ward: Ward) -> None:
    address = f"/patients/{ward.patients[WHO]}/rights"

    page = doctor.get(address, headers={"Accept-Language": "ko"}).text

    assert "본인이 허락한 것" in page
