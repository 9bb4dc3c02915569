"""What is asked on the page of a patient, and what becomes of the answers."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from core.clock import utc_now
from core.outbox import Outbox, Topic
from core.security import SYSTEM
from core.vitals import Vital
from ingest.contacts.service import agree
from ingest.repository import readings
from monitoring.asking.repository import waiting
from monitoring.repeats import Outcome, outcome
from tests.app.conftest import SETTINGS
from tests.app.told.conftest import (
    NO,
    SEOUL,
    WEIGHT,
    WELL,
    YES,
    Patient,
    asked_daily,
    opened,
    send,
    text_of,
)
from tests.told import ASKING, arrived, asked_again, messages_of, number_of, reachable

if TYPE_CHECKING:
    from pathlib import Path


def test_a_typed_repeat_is_a_reading_like_any_other_and_answers_the_request_al_20(
    patient: Patient,
) -> None:
    browser = patient.browser()
    page = opened(browser, patient.asked(Vital.BODY_WEIGHT))
    assert html.escape(ASKING.tip(Vital.BODY_WEIGHT)) in page.text
    before = len(patient.readings())
    answer = send(browser, page, **WEIGHT)
    thanks = browser.get("/m")

    reading = patient.readings()[-1]
    assert answer.status_code == 303
    assert "Thank you. Your answer has arrived." in text_of(thanks)
    assert len(patient.readings()) == before + 1
    assert (reading.vital, reading.value, reading.quality) == ("body_weight", 61.5, "scored")
    with patient.database.transaction() as session:
        asks = waiting(session, patient.id, now=utc_now())
        judge = select(Outbox).where(
            Outbox.topic == Topic.ASSESS, Outbox.subject_id == patient.id, Outbox.state == "open"
        )
        known = readings(session, patient.id, since=asks[-1][1].taken)
        assert outcome(asks[-1][1], known, now=utc_now()) is Outcome.REPEATED
        assert session.scalars(judge).all()


def test_both_pressures_arrive_as_one_panel_al_20(patient: Patient) -> None:
    browser = patient.browser()
    page = opened(browser, patient.asked(Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP))
    send(browser, page, systolic_bp="142", diastolic_bp="83")

    upper, lower = sorted(patient.readings()[-2:], key=lambda each: -(each.value or 0))

    assert (upper.vital, upper.value) == ("systolic_bp", 142)
    assert (lower.vital, lower.value) == ("diastolic_bp", 83)
    assert upper.resource_id == lower.resource_id


def test_a_form_that_is_sent_twice_is_stored_once_rel_05(patient: Patient) -> None:
    browser = patient.browser()
    page = opened(browser, patient.asked(Vital.BODY_WEIGHT))
    before = len(patient.readings())
    first, second = send(browser, page, **WEIGHT), send(browser, page, **WEIGHT)

    assert (first.status_code, second.status_code) == (303, 303)
    assert len(patient.readings()) == before + 1


def test_what_was_typed_counts_also_where_the_device_has_sent_its_own_meanwhile_al_20(
    patient: Patient,
) -> None:
    browser = patient.browser()
    page = opened(browser, patient.asked(Vital.BODY_WEIGHT))
    with patient.database.transaction() as session:
        arrived(session, patient.id, Vital.BODY_WEIGHT, 61.0, now=utc_now())
    before = len(patient.readings())
    met = browser.get("/m")
    wrong = send(browser, page, body_weight="6l.5")
    right = send(browser, page, **WEIGHT)

    assert "There is nothing more to do" in text_of(met)
    assert 'value="6l.5"' in wrong.text
    assert right.status_code == 303
    assert [each.value for each in patient.readings()[before:]] == [61.5]


def test_what_is_wrong_with_a_number_is_said_beside_it_and_nothing_is_kept(
    patient: Patient,
) -> None:
    browser = patient.browser()
    page = opened(browser, patient.asked(Vital.BODY_WEIGHT))
    before = len(patient.readings())
    wrong = send(browser, page, body_weight="6l.5")
    unusual = send(browser, page, body_weight="615")
    empty = send(browser, page, body_weight="")

    assert {wrong.status_code, unusual.status_code, empty.status_code} == {422}
    assert 'value="6l.5"' in wrong.text
    assert "Please enter a number, such as 72 or 72.5." in text_of(wrong)
    assert "This number is unusual." in text_of(unusual)
    assert "Please enter this number." in text_of(empty)
    assert len(patient.readings()) == before
    assert send(browser, unusual, body_weight="299.5", sure="yes").status_code == 303


def test_the_daily_question_is_answered_as_a_questionnaire_response(patient: Patient) -> None:
    browser = patient.browser()
    page = opened(browser, asked_daily(patient))
    incomplete = send(browser, page, new__confusion=NO)
    send(browser, page, **WELL | {"poor__intake": YES})

    stored = {each.vital: each.value for each in patient.readings()[-4:]}

    assert incomplete.status_code == 422
    assert text_of(incomplete).count("Please choose an answer.") == 3
    assert stored == {
        "breathless_at_rest": 0,
        "breathless_lying_flat": 0,
        "new_confusion": 0,
        "poor_intake": 1,
    }
    assert "Thank you" in text_of(browser.get("/m"))


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Please call 911 now."), ("ko", "지금 바로 911에 전화하세요.")],
)
def test_an_alarming_answer_says_at_once_whom_to_call(
    patient: Patient, language: str, words: str
) -> None:
    browser = patient.browser()
    page = opened(browser, asked_daily(patient, language))
    send(browser, page, **WELL | {"breathless__at__rest": YES})

    shown = browser.get("/m")

    assert words in text_of(shown)
    assert 'role="alert"' in shown.text
    with patient.database.transaction() as session:
        assert messages_of(session, patient.id)[-1].alarming


def test_an_answer_that_is_not_alarming_calls_nobody(patient: Patient) -> None:
    browser = patient.browser()
    page = opened(browser, asked_daily(patient))
    send(browser, page, **WELL)

    assert "Please call" not in text_of(browser.get("/m"))


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (3, "Nobody reads your answers now. Your care team reads them from"),
        (10, "At night nobody may read them."),
    ],
)
def test_the_page_says_by_the_cover_of_the_team_when_nobody_reads(
    patient: Patient, tmp_path: Path, hour: int, words: str
) -> None:
    policy = tmp_path / "site.toml"
    policy.write_text(
        '[hours]\nin_hours = {from = "09:00", to = "17:00"}\noff_hours = {not = "in_hours"}\n'
        '[site]\nzone = "Asia/Seoul"\ncover = ["in_hours"]\n'
    )
    seoul = utc_now().astimezone(SEOUL) + timedelta(days=1)
    at = seoul.replace(hour=hour, minute=0).astimezone(utc_now().tzinfo)
    browser = patient.browser(SETTINGS.model_copy(update={"policy": policy}), clock=lambda: at)
    with patient.database.transaction() as session:
        for each in messages_of(session, patient.id):
            each.answered_at = each.answered_at or at
        reachable(session, patient.id, now=at)
        asked_again(session, patient.id, Vital.SPO2, now=at)
    page = opened(browser, patient.told(now=at))

    assert words in text_of(page)


def test_a_page_is_korean_for_who_speaks_it_and_english_on_request_ux_17(
    patient: Patient,
) -> None:
    browser = patient.browser()
    korean = opened(browser, patient.asked(Vital.SPO2, language="ko-KR"))
    english = browser.get("/m?lang=en")

    assert '<html lang="ko">' in korean.text
    said = text_of(korean)
    assert "다시 재 주세요" in said
    assert not re.search(r"\b(Please|Your|answer)\b", said)
    assert '<html lang="en">' in english.text
    assert "Please measure again" in text_of(english)


def test_a_carer_reads_that_it_is_about_another_person(patient: Patient) -> None:
    now = utc_now()
    patient.asked(Vital.SPO2, carer=True)
    with patient.database.transaction() as session:
        own = number_of(session, patient.id, carer=False, now=now)
        carer = number_of(session, patient.id, carer=True, now=now)
        agree(session, SYSTEM, own, agreed=False, now=now)
        agree(session, SYSTEM, carer, agreed=True, now=now)
    try:
        page = opened(patient.browser(), patient.asked(Vital.SPO2, carer=True))
    finally:
        with patient.database.transaction() as session:
            agree(session, SYSTEM, own, agreed=True, now=now)

    assert "This is about the person you care for." in text_of(page)
    assert "Canary" not in page.text
