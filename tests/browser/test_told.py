"""A link from a telephone, followed by a real browser: read, measured, answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from core.clock import utc_now
from core.vitals import Vital
from ingest.tables import StoredReading
from tests.browser.conftest import Open, screenshot, sign_in, visit
from tests.browser.test_pages import AXE, AXE_RUN, PHONE, SMALLEST, TAGS, WIDE, listen
from tests.told import asked_again, messages_of, phone, reachable
from tests.ward import INSUK, JONGGIL, SOOJA, YOUNG, keep_alive, open_ward

if TYPE_CHECKING:
    from uuid import UUID

    from playwright.sync_api import Page

    from core.database import Database
    from tests.ward import Ward

pytestmark = pytest.mark.browser
WORDS = {
    "en": ("Open the message", "Send my answer", "Thank you. Your answer has arrived."),
    "ko": ("메시지 열기", "답변 보내기", "감사합니다. 답변이 전달되었습니다."),
}

PATIENTS = {"en": SOOJA, "ko": YOUNG, "axe": INSUK, "told": JONGGIL}


def link(database: Database, patient: UUID, address: str, language: str, *vitals: Vital) -> str:
    """Ask somebody to measure again, and return the link that came out of a gateway."""
    now = utc_now()
    with phone(base_url=address) as telephone, database.transaction() as session:
        reachable(session, patient, now=now, language=language, carer=True)
        asked_again(session, patient, *vitals, now=now)
        for message in messages_of(session, patient):
            telephone.post(session, message, now=now)
        return telephone.texts[-1].rpartition(" ")[2]


def faults(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text())
    options = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = page.evaluate(AXE_RUN, options)
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [*(each["id"] for each in found), *(["scrolls sideways"] if wide else [])]


# Seeded once: each test has a patient of its own.
@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    ward = open_ward(database, people=tuple(PATIENTS.values()))
    keep_alive(database, now=utc_now())
    return ward


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("ko", PHONE)], ids=["en", "ko"])
def test_a_patient_opens_the_link_and_answers_without_a_script_ux_17(
    browse: Open,
    ward: Ward,
    database: Database,
    address: str,
    language: str,
    size: dict[str, int],
) -> None:
    patient = ward.patients[PATIENTS[language].name]
    came = link(database, patient, address, language, Vital.SYSTOLIC_BP, Vital.BODY_WEIGHT)
    page = browse(viewport=size, java_script_enabled=False, locale=f"{language}-KR")
    open_, send, thanks = WORDS[language]
    where = f"{language}-{size['width']}"

    page.goto(came)
    screenshot(page, f"told-front-{where}")
    page.get_by_role("button", name=open_).click()
    page.wait_for_url("**/m")
    screenshot(page, f"told-page-{where}")
    page.locator("#systolic_bp").fill("142")
    page.locator("#diastolic_bp").fill("83")
    page.locator("#body_weight").fill("615")
    page.get_by_role("button", name=send).click()
    screenshot(page, f"told-fault-{where}")
    page.locator("#body_weight").fill("61.5")
    page.get_by_role("button", name=send).click()
    page.get_by_text(thanks).wait_for()
    screenshot(page, f"told-thanks-{where}")

    with database.transaction() as session:
        mine = (StoredReading.patient_id == patient, StoredReading.unit_received == "mm[Hg]")
        known = session.scalars(select(StoredReading.value).where(*mine)).all()
    assert {142, 83} <= set(known)
    assert "/m/" not in page.url


def test_every_state_of_the_page_is_accessible_and_fits_a_small_telephone_ux_10(
    browse: Open, ward: Ward, database: Database, address: str
) -> None:
    came = link(
        database, ward.patients[PATIENTS["axe"].name], address, "ko", Vital.SPO2, Vital.GLUCOSE
    )
    page = browse(viewport=SMALLEST, bypass_csp=True, color_scheme="dark")
    found = {}
    page.goto(came)
    found["front"] = faults(page)
    page.get_by_role("button").click()
    page.wait_for_url("**/m")
    found["page"] = faults(page)
    page.get_by_role("button").click()
    found["fault"] = faults(page)
    page.locator("#spo2").fill("88")
    page.get_by_role("button").click()
    page.get_by_role("alert").wait_for()
    screenshot(page, "told-alarming")
    found["alarming"] = faults(page)
    other = browse(viewport=SMALLEST, bypass_csp=True)
    other.goto(came)
    other.get_by_role("button").click()
    screenshot(other, "told-gone")
    found["gone"] = faults(other)

    assert {where: what for where, what in found.items() if what} == {}
    assert len(found) == 5


def test_a_clinician_tells_the_patient_and_sees_what_they_see(
    browse: Open, ward: Ward, database: Database, address: str
) -> None:
    patient = ward.patients[PATIENTS["told"].name]
    with database.transaction() as session:
        reachable(session, patient, now=utc_now(), language="ko", carer=True)
    page = browse(viewport=WIDE, java_script_enabled=False)
    said = listen(page)
    sign_in(page, ward.username)
    visit(page, f"/patients/{patient}")
    page.get_by_role("button", name="Agrees to be told").click()
    card = page.locator("section.episode").first
    card.get_by_text("Decide and resolve").click()
    card.locator("form[action$=resolve]").get_by_label("Send a message to the patient").check()
    card.get_by_label("How it turned out").select_option("true-actionable/call")
    card.locator("form[action$=resolve]").get_by_label("What was done").select_option("spoken")
    card.locator("form[action$=resolve]").get_by_label("What to do now").select_option("again")
    screenshot(page, "tell-the-patient")
    card.get_by_role("button", name="Resolve the alert").click()
    page.get_by_text("The alert is resolved").wait_for()
    told = page.locator("section", has=page.locator("#told-title"))
    for drawer in told.locator("summary").all():
        drawer.click()
    screenshot(page, "messages")
    shown = told.inner_text()
    with phone(base_url=address) as telephone, database.transaction() as session:
        for message in messages_of(session, patient):
            telephone.post(session, message, now=utc_now())
        texts = telephone.texts
    reader = browse(viewport=PHONE)
    reader.goto(texts[-1].rpartition(" ")[2])
    reader.get_by_role("button").click()
    reader.wait_for_url("**/m")
    screenshot(reader, "told-review")
    paragraphs = reader.locator(".told-said p").all_inner_texts()

    assert len(paragraphs) == 4
    assert all(each in shown for each in paragraphs)
    assert "담당 의료진이 이 내용에 대해 이미 말씀을 나누었습니다." in paragraphs
    assert shown.count("After a review") >= 2  # the patient, and the daughter who agreed
    assert "has not agreed" not in shown
    assert len(texts) == 2
    assert said == []
