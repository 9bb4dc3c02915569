"""What else is done on the page of a plan, and by whom it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from alerts.tables import Alert
from app.accounts.service import NewUser, create_user
from core.security import Role
from ingest.tables import CareTeamParticipant, Condition
from monitoring.plans.tables import PlanVersion
from tests.app.conftest import csrf
from tests.app.planning import VITAL, WHO, Sheet, admitted, hidden, review, versions, words
from tests.people import clinician
from tests.ward import ICD10, PASSWORD

if TYPE_CHECKING:
    from uuid import UUID

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward


@pytest.fixture
def patient(database: Database, ward: Ward) -> UUID:
    return admitted(database, ward)


def test_a_limit_is_taken_out_by_the_same_way(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    sheet = Sheet(enter(ward.username), patient)
    sheet.save(sheet.preview(warn_high="145").text)
    again = Sheet(sheet.client, patient)

    seen = again.preview(act="withdraw")
    again.save(seen.text)

    assert "3 fewer" in words(seen.text)
    assert versions(database, patient)[-1] == ("withdrawn", 145.0)


def test_an_earlier_version_is_put_back_as_a_new_one_with_its_own_reason(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    sheet = Sheet(enter(ward.username), patient)
    sheet.save(sheet.preview(warn_high="145").text)
    sheet = Sheet(sheet.client, patient)
    sheet.save(sheet.preview(warn_high="150").text)

    page = sheet.client.get(f"{sheet.path}?put_back=1").text
    sent = hidden(page, f"{sheet.path}/preview")

    assert 'maxlength="12" value="145"' in page
    typed = sheet.sent | sent | {"warn_high": "145", "reason": "too many", "review_by": review()}
    sheet.save(sheet.client.post(f"{sheet.path}/preview", data=typed).text)
    assert versions(database, patient)[-1] == ("changed", 145.0)


def test_the_target_of_oxygen_is_set_and_taken_back_by_the_page(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    with database.transaction() as session:
        session.add(
            Condition(patient_id=patient, codes=[[ICD10, "J96.12"]], clinical_status="active")
        )
    sheet = Sheet(enter(ward.username), patient)

    seen = sheet.preview(act="target-on")
    sheet.save(seen.text)

    assert "This target would be set: Target SpO2 88 to 92 %." in words(seen.text)
    assert "set by Dr Han" in words(sheet.client.get(sheet.path).text)
    again = Sheet(sheet.client, patient)
    again.save(again.preview(act="target-off").text)
    assert [change for change, _ in versions(database, patient)] == ["set", "withdrawn"]


def test_what_would_vanish_is_told_with_how_it_turned_out(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    sheet = Sheet(enter(ward.username), patient)
    sheet.save(sheet.preview(warn_high="145").text)
    at = ward.now - timedelta(days=9)
    times = dict.fromkeys(("started_at", "last_seen_at", "last_found_at", "opened_at"), at)
    with database.transaction() as session:
        session.add(
            Alert(
                patient_id=patient,
                problem="blood-pressure",
                severity="YELLOW",
                state="resolved",
                outcome="true-actionable",
                outcome_detail="call",
                closed_at=at,
                policy_hash="",
                policy={},
                **times,
            )
        )

    seen = words(Sheet(sheet.client, patient).preview(act="withdraw").text)

    assert "1 of those that would vanish was true and acted on." in seen


def test_a_nurse_reads_the_plan_and_is_refused_to_change_it(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    login = f"nurse-{uuid4().hex[:8]}"
    with database.transaction() as session:
        nurse = clinician(session, uuid4(), "Nurse Seo", "nurse@clinic.example")
        session.add(nurse)
        session.flush()
        session.add(CareTeamParticipant(care_team_id=ward.team, practitioner_id=nurse.id, role=""))
        new = NewUser(login, "Nurse Seo", PASSWORD, Role.NURSE, practitioner_id=nurse.id)
        create_user(session, new, now=ward.now)
    client = enter(login)
    path = f"/patients/{patient}/plan"
    page = client.get(f"{path}?measure={VITAL}")
    sent = {"csrf": csrf(page.text), "version": "0", "measure": VITAL, "warn_high": "145"}
    sent |= {"reason": "x", "review_by": review()}

    answers = [client.post(each, data=sent).status_code for each in (path, f"{path}/preview")]

    assert page.status_code == 200
    assert "You see it read only." in words(page.text)
    assert "limit-form" not in page.text
    assert answers == [403, 403]
    assert versions(database, patient) == []


def test_the_plan_of_somebody_elses_patient_does_not_exist_sec_12(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    path = f"/patients/{ward.patients['Yun Hidden']}/plan"
    sent = {"csrf": csrf(client.get("/patients").text), "reason": "x"}

    assert client.get(path).status_code == 404
    assert client.post(path, data=sent).status_code == 404
    assert client.post(f"{path}/preview", data=sent).status_code == 404
    with database.transaction() as session:
        hidden_one = ward.patients["Yun Hidden"]
        count = select(func.count()).where(PlanVersion.patient_id == hidden_one)
        assert session.scalar(count) == 0


def test_the_patient_page_leads_to_the_plan(enter: Enter, ward: Ward) -> None:
    who = ward.patients[WHO]

    assert f'href="/patients/{who}/plan"' in enter(ward.username).get(f"/patients/{who}").text


def test_the_page_is_in_korean_too_ux_17(enter: Enter, ward: Ward, patient: UUID) -> None:
    path = f"/patients/{patient}/plan?measure={VITAL}"
    page = enter(ward.username).get(path, headers={"Accept-Language": "ko"}).text

    assert "사유" in page
    assert "Review by" not in words(page)
