"""A plan is changed on its page: form, preview, save, and what is refused (UX-08, UX-05)."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.audit import Action, AuditEvent
from core.outbox import Outbox
from ingest.admission.repository import Allowance
from ingest.admission.service import LONG_AT_ONCE, Shares
from tests.app.planning import WHO, Sheet, admitted, hidden, review, versions, words

if TYPE_CHECKING:
    from uuid import UUID

    from core.database import Database
    from core.embedded import Servers
    from tests.app.conftest import Enter
    from tests.ward import Ward


@pytest.fixture
def patient(database: Database, ward: Ward) -> UUID:
    return admitted(database, ward)


def test_a_limit_is_previewed_with_its_what_if_and_nothing_is_stored_before_the_save_ux_08(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    sheet = Sheet(enter(ward.username), patient)

    seen = sheet.preview(warn_high="145")

    said = words(seen.text)
    assert seen.status_code == 200
    assert versions(database, patient) == []
    assert "Nothing is saved yet." in said
    assert "In the last 90 days it would have raised" in said
    assert "3 new" in said  # 150, 152 and 158 lie above 145, more than 72 hours apart
    assert "would have raised 3 alerts instead of 0" in said
    assert "4 of 90 days have readings of this person" in said
    warned = seen.text[seen.text.index('id="silenced"') : seen.text.index('id="what-if"')]
    assert "2 rules would each leave one part to this limit." in words(warned)
    assert "say nothing below RED" not in words(warned)  # diastolic BP and the score go on
    assert "weekly mean (BP-AVG): not for high systolic BP" in words(warned)
    assert "(NEWS2-S3): not for high systolic BP" in words(warned)
    assert "YELLOW Systolic BP at least 145 mmHg" in said

    saved = sheet.save(seen.text)

    assert saved.headers["location"] == f"{sheet.path}?done=plan-saved"
    assert versions(database, patient) == [("set", 145.0)]
    page = words(sheet.client.get(sheet.path).text)
    assert "YELLOW Systolic BP at least 145 mmHg" in page
    assert "lives above 140" in page


def test_a_preview_calls_a_template_by_its_name_ux_08(enter: Enter, ward: Ward) -> None:
    sheet = Sheet(enter(ward.username), ward.patients[WHO])

    said = words(sheet.preview(warn_high="190").text)

    assert "template heart failure" in said
    assert "heart_failure" not in said


def test_a_save_is_audited_and_has_the_person_judged_anew(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    sheet = Sheet(enter(ward.username), patient)

    sheet.save(sheet.preview(warn_high="145").text)

    with database.transaction() as session:
        event = select(AuditEvent.action).where(
            AuditEvent.patient_id == patient, AuditEvent.entity == "plan"
        )
        asked = select(Outbox.id).where(Outbox.topic == "assess", Outbox.subject_id == patient)
        assert set(session.scalars(event)) == {Action.READ, Action.CREATE}
        assert session.scalar(asked) is not None


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"warn_high": "high"}, "warn_high", "This is not a number."),
        ({"warn_high": "nan"}, "warn_high", "This is not a number."),
        ({"warn_high": "900"}, "warn_high", "from 50 to 280 mmHg"),
        ({"warn_high": "160", "alert_high": "150"}, "alert_high", "Must lie above"),
        ({}, "levels", "at least one of the four levels"),
        ({"warn_high": "145", "readings": "0"}, "readings", "A whole number from 1"),
        ({"warn_high": "145", "within_minutes": ""}, "within_minutes", "Whole minutes"),
        ({"warn_high": "145", "reason": " "}, "reason", "Say why"),
        ({"warn_high": "145", "review_by": ""}, "review_by", "Give the day"),
        ({"warn_high": "145", "review_by": "2020-01-01"}, "review_by", "must lie ahead"),
        ({"warn_high": "145", "review_by": "2999-01-01"}, "review_by", "must lie ahead"),
    ],
    ids=str,
)
def test_a_fault_stands_beside_its_field_and_what_was_typed_stays(
    enter: Enter, ward: Ward, patient: UUID, typed: dict[str, str], field: str, said: str
) -> None:
    sheet = Sheet(enter(ward.username), patient)

    answer = sheet.preview(**typed)

    assert answer.status_code == 422
    fault = re.search(rf'id="fault-{field}">([^<]+)<', answer.text)
    assert fault is not None
    assert said in unescape(fault[1])
    if typed.get("warn_high"):
        assert f'maxlength="12" value="{typed["warn_high"]}"' in answer.text


def test_a_save_is_checked_again_whatever_the_preview_said(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    sheet = Sheet(enter(ward.username), patient)
    sent = hidden(sheet.preview(warn_high="145").text, sheet.path) | {"warn_high": "900"}

    answer = sheet.client.post(sheet.path, data=sent)

    assert answer.status_code == 422
    assert versions(database, patient) == []


def test_the_second_editor_sees_who_was_first_and_keeps_their_typing_ux_05(
    database: Database, enter: Enter, ward: Ward, patient: UUID
) -> None:
    first, second = Sheet(enter(ward.username), patient), Sheet(enter(ward.colleague), patient)
    theirs = second.preview(warn_high="155")
    first.save(first.preview(warn_high="145").text)

    refused = second.save(theirs.text)

    assert refused.status_code == 409
    assert "Dr Han changed the plan just now" in words(refused.text)
    assert 'value="155"' in refused.text
    assert versions(database, patient) == [("set", 145.0)]
    again = (
        second.sent
        | hidden(refused.text, f"{second.path}/preview")
        | {
            "warn_high": "155",
            "reason": "as we agreed",
            "review_by": review(),
        }
    )
    second.save(second.client.post(f"{second.path}/preview", data=again).text)
    assert versions(database, patient) == [("set", 145.0), ("changed", 155.0)]


def test_one_what_if_runs_at_a_time_for_one_person_and_few_for_all_sec_36(
    database: Database, embedded: Servers, enter: Enter, ward: Ward, patient: UUID
) -> None:
    sheet, allowance = Sheet(enter(ward.username), patient), Allowance(embedded.broker_url)
    everybodys = [f"turn:what-if#{n}" for n in range(LONG_AT_ONCE)]
    database.info["shares"] = Shares(allowance, 1_000, 1_000)
    try:
        mine = allowance.hold([f"turn:what-if:{ward.user_id}"], 60)
        assert mine is not None
        again = sheet.preview(warn_high="145")
        sheet.client.cookies.set("wardlight-language", "ko")
        korean = sheet.preview(warn_high="145")
        allowance.let_go(mine)
        slots = [allowance.hold(everybodys, 60) for _ in everybodys]
        busy = sheet.preview(warn_high="145")
        for slot in slots:
            assert slot is not None
            allowance.let_go(slot)
        free = [sheet.preview(warn_high="145").status_code for _ in range(2)]
    finally:
        del database.info["shares"]

    assert [each.status_code for each in (again, korean, busy)] == [429] * 3
    assert again.headers["retry-after"] == "5"
    assert "being worked out for you already" in words(again.text)
    assert 'value="145"' in again.text  # what was typed stays
    assert "이미 진행 중입니다" in words(korean.text)
    assert "다른 사용자의 계산이 진행 중입니다" in words(busy.text)
    assert free == [200, 200]
