"""A link opens once, and tells nobody anything."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from alerts.patients.recipients import Chosen
from alerts.patients.repository import Letter, add
from alerts.patients.wording import Kind, Why
from app.pages.headers import CONTENT_SECURITY_POLICY
from core.audit import AuditEvent
from core.clock import utc_now
from core.security import SYSTEM, digest
from core.vitals import Vital
from ingest.contacts.repository import addressee, contact
from ingest.contacts.service import PAGE_CLIENT, agree
from ingest.merging.service import merge, unmerge
from tests.app.conftest import BASE, SETTINGS, csrf
from tests.app.told.conftest import (
    HEADERS,
    NAME,
    WEIGHT,
    Patient,
    opened,
    send,
    text_of,
)
from tests.people import called
from tests.told import asked_again, messages_of, number_of, reachable


def test_a_preview_opens_nothing_sec_09(patient: Patient) -> None:
    secret = patient.asked(Vital.SPO2)
    preview = patient.browser()
    shown = [preview.get(f"/m/{secret}") for _ in range(3)]
    preview.head(f"/m/{secret}")

    assert {each.status_code for each in shown} == {200}
    assert "oxygen" not in shown[0].text
    assert "set-cookie" not in shown[0].headers
    assert opened(patient.browser(), secret).status_code == 200


def test_a_used_an_expired_an_unknown_and_a_withheld_link_look_the_same_sec_12(
    patient: Patient,
) -> None:
    used = patient.asked(Vital.SPO2)
    opened(patient.browser(), used)
    late = patient.asked(Vital.SPO2)
    tomorrow = utc_now() + timedelta(hours=13)
    stopped = patient.asked(Vital.SPO2)
    with patient.database.transaction() as session:
        own = number_of(session, patient.id, carer=False, now=utc_now())
        agree(session, SYSTEM, own, agreed=False, now=utc_now())

    def tried(secret: str, browser: TestClient) -> tuple[int, str]:
        answer = browser.post(f"/m/{secret}", headers=HEADERS)
        assert "set-cookie" not in answer.headers
        return answer.status_code, answer.text.replace(secret, "")

    answers = [
        tried(used, patient.browser()),
        tried(late, patient.browser(clock=lambda: tomorrow)),
        tried("A" * 22, patient.browser()),
        tried(stopped, patient.browser()),
    ]
    with patient.database.transaction() as session:
        agree(session, SYSTEM, own, agreed=True, now=utc_now())

    assert answers[0][0] == 404
    assert len(set(answers)) == 1


def test_the_page_is_over_after_half_an_hour_and_with_a_withdrawn_consent(
    patient: Patient,
) -> None:
    later = patient.browser(clock=lambda: utc_now() + timedelta(minutes=31))
    browser = patient.browser()
    opened(browser, patient.asked(Vital.SPO2))
    later.cookies.update(browser.cookies)

    assert later.get("/m").status_code == 404
    assert browser.get("/m").status_code == 200


def test_after_an_unmerge_the_link_and_the_page_of_the_other_record_are_over_sec_28(
    patient: Patient,
) -> None:
    now, survivor = utc_now(), uuid4()
    with patient.database.transaction() as session:
        session.add(called(session, survivor, "Canary Survivor", created=now))
        reachable(session, patient.id, now=now)
        session.flush()
        merge(session, SYSTEM, survivor, patient.id, reason="one person", now=now)
        asked_again(session, survivor, Vital.SPO2, now=now)
        (message,) = messages_of(session, survivor)
        patient.telephone.post(session, message, now=now)
    secret, browser = patient.telephone.secret(), patient.browser()
    held = opened(browser, secret)
    with patient.database.transaction() as session:
        unmerge(session, SYSTEM, patient.id, now=now)
        messages_of(session, survivor)[0].opened_at = None

    assert held.status_code == 200
    assert browser.get("/m").status_code == 404
    assert patient.browser().post(f"/m/{secret}", headers=HEADERS).status_code == 404


def test_the_same_browser_finds_its_page_again_by_the_link(patient: Patient) -> None:
    secret = patient.asked(Vital.SPO2)
    browser = patient.browser()
    opened(browser, secret)

    answer = browser.get(f"/m/{secret}")

    assert (answer.status_code, answer.headers["location"]) == (303, "/m")


def test_a_new_link_can_be_asked_for_and_comes_to_the_same_telephone(patient: Patient) -> None:
    secret = patient.asked(Vital.SPO2)
    opened(patient.browser(), secret)
    later = utc_now() + timedelta(minutes=11)
    other = patient.browser(clock=lambda: later)
    said = [
        other.post(f"/m/{each}/again", headers=HEADERS).text for each in (secret, "A" * 22, secret)
    ]
    anew = patient.told(now=later)

    assert len(set(said)) == 1
    assert anew != secret
    assert (
        patient.telephone.gateway.came[-1].said["to"]
        == patient.telephone.gateway.came[0].said["to"]
    )
    assert len(patient.telephone.texts) == 2
    assert opened(patient.browser(clock=lambda: later), anew).status_code == 200


@pytest.mark.parametrize(("path", "first"), [("", 404), ("/again", 200)], ids=["open", "again"])
def test_whoever_tries_many_links_must_wait_and_a_link_that_opens_never_does_sec_36(
    patient: Patient, path: str, first: int
) -> None:
    client = (f"10.9.8.{len(path)}", 1)
    browser = TestClient(
        patient.browser().app, base_url=BASE, follow_redirects=False, client=client
    )
    answers = [browser.post(f"/m/{n:022d}{path}", headers=HEADERS) for n in range(33)]
    secret = patient.asked(Vital.SPO2)

    assert answers[0].status_code == first
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) > 0
    assert browser.post(f"/m/{secret}/again", headers=HEADERS).status_code == 200
    assert opened(browser, secret).status_code == 200


def test_a_new_link_for_one_who_was_told_keeps_no_other_from_theirs(patient: Patient) -> None:
    now = utc_now()
    patient.asked(Vital.SPO2, carer=True)
    with patient.database.transaction() as session:
        own = number_of(session, patient.id, carer=False, now=now)
        carer = number_of(session, patient.id, carer=True, now=now)
        agree(session, SYSTEM, own, agreed=False, now=now)
        agree(session, SYSTEM, carer, agreed=True, now=now)
    secret = patient.asked(Vital.SPO2, carer=True)
    later = now + timedelta(minutes=11)
    with patient.database.transaction() as session:
        agree(session, SYSTEM, own, agreed=True, now=now)
        theirs = next(
            m for m in messages_of(session, patient.id) if m.link_digest == digest(secret)
        )
        to = addressee(session, patient.id)
        assert to is not None
        other = Letter(
            to=to,
            kind=Kind.REPEAT,
            key=f"{theirs.key}~before",
            why=Why.REQUESTED,
            until=theirs.until,
        )
        held = contact(session, own, patient.id, now=now)
        assert held is not None
        add(session, other, Chosen(held, carer=False), now=later)
    patient.browser(clock=lambda: later).post(f"/m/{secret}/again", headers=HEADERS)
    with patient.database.transaction() as session:
        anew = [m for m in messages_of(session, patient.id) if m.reason == Why.REQUESTED]

    assert sorted(each.carer for each in anew) == [False, True]


def test_an_answer_that_could_not_be_taken_is_said_not_to_be_sent(patient: Patient) -> None:
    browser = patient.browser()
    page = opened(browser, patient.asked(Vital.BODY_WEIGHT))
    fields = {"csrf": csrf(page.text), **WEIGHT}
    late = patient.browser(clock=lambda: utc_now() + timedelta(minutes=31))
    late.cookies.update(browser.cookies)

    over = late.post("/m", data=fields, headers=HEADERS)
    large = browser.post("/m", data=fields | {"body_weight": "6" * 10**6}, headers=HEADERS)

    assert (over.status_code, large.status_code) == (404, 413)
    assert "Your answer has not been sent. The page was open for too long." in " ".join(
        text_of(over).split()
    )
    assert "Please go back, look at your answers again" in text_of(large)
    assert "This link does not open any more" not in over.text + large.text
    assert patient.readings() == []


@pytest.mark.parametrize(
    "foreign",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
def test_a_form_of_another_site_changes_nothing_sec_09(
    patient: Patient, foreign: dict[str, str]
) -> None:
    browser = patient.browser()
    secret = patient.asked(Vital.BODY_WEIGHT)
    assert browser.post(f"/m/{secret}", headers=foreign).status_code == 404
    page = opened(browser, secret)
    before = len(patient.readings())
    fields = {"csrf": csrf(page.text), **WEIGHT}

    assert browser.post("/m", data=fields, headers=foreign).status_code == 404
    assert browser.post("/m", data=WEIGHT, headers=HEADERS).status_code == 404
    assert len(patient.readings()) == before


def test_every_page_keeps_to_itself_sec_25(patient: Patient) -> None:
    browser = patient.browser()
    secret = patient.asked(Vital.BODY_WEIGHT)
    pages = [browser.get(f"/m/{secret}"), opened(browser, secret)]
    pages += [patient.browser().post(f"/m/{secret}", headers=HEADERS), patient.browser().get("/m")]

    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert "<script" not in page.text
        assert NAME not in page.text
        assert str(patient.id) not in page.text


def test_the_cookie_of_a_page_is_guarded_sec_07(patient: Patient) -> None:
    settings = SETTINGS.model_copy(update={"base_url": "https://ward.example"})
    browser = patient.browser(settings)
    headers = {"Origin": "https://ward.example", "Sec-Fetch-Site": "same-origin"}
    answer = browser.post(f"/m/{patient.asked(Vital.SPO2)}", headers=headers)

    cookie = answer.headers["set-cookie"].lower()

    assert cookie.startswith("__host-wardlight-message=")
    for attribute in ("secure", "httponly", "samesite=lax", "path=/"):
        assert attribute in cookie
    assert "max-age" not in cookie


def test_what_is_opened_refused_and_answered_is_audited_sec_16(patient: Patient) -> None:
    browser = patient.browser()
    page = opened(browser, patient.asked(Vital.BODY_WEIGHT))
    send(browser, page, **WEIGHT)
    browser.post(f"/m/{'B' * 22}", headers=HEADERS)

    query = select(AuditEvent).where(AuditEvent.caller_id == PAGE_CLIENT)
    with patient.database.transaction() as session:
        rows = session.scalars(query.order_by(AuditEvent.id)).all()
    newest = [(each.entity, each.action, each.outcome) for each in rows[-8:]]
    assert ("patient_message", "R", "success") in newest
    assert ("Observation", "C", "success") in newest
    assert newest[-1] == ("patient_message", "R", "refused")
