"""The end of a session as a clinician sees it: warned, nothing lost, nothing stored (UX-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from core.audit import AuditEvent
from fhir.audit_event import PRINTED
from tests.browser.conftest import Open, sign_in, visit
from tests.ward import JONGGIL

if TYPE_CHECKING:
    from uuid import UUID

    from playwright.sync_api import Page

    from core.database import Database
    from tests.ward import Ward

PEOPLE = (JONGGIL,)
pytestmark = pytest.mark.browser
NOTE = "Spoke to the daughter."


def write(page: Page, ward: Ward) -> None:
    visit(page, f"/patients/{ward.patients['Baek Jonggil']}")
    page.locator("summary").filter(has_text="Decide and resolve").first.click()
    page.get_by_label("Note (optional)").first.fill(NOTE)


def pass_time(database: Database, minutes: int) -> None:
    """Move every session of the tests back, as if so much time had passed."""
    moved = text("update login_session set last_seen_at = last_seen_at - make_interval(mins => :m)")
    with database.transaction() as session:
        session.execute(moved, {"m": minutes})


def stored(page: Page) -> int:
    return int(page.evaluate("localStorage.length + sessionStorage.length"))


def test_a_warning_comes_in_time_and_one_press_keeps_the_session_ux_10(
    browse: Open, database: Database, ward: Ward
) -> None:
    page = browse()
    page.clock.install()
    sign_in(page, ward.username)
    write(page, ward)
    focused = page.evaluate("document.activeElement.id")
    pass_time(database, 13)
    page.clock.fast_forward("12:40")
    assert page.get_by_text("You will be signed out in two minutes").is_hidden()
    page.clock.fast_forward("00:30")

    page.get_by_text("You will be signed out in two minutes").wait_for()
    assert page.evaluate("document.activeElement.id") == focused
    page.get_by_role("button", name="Stay signed in").click()
    page.get_by_text("You will be signed out in two minutes").wait_for(state="hidden")

    pass_time(database, 3)
    assert page.get_by_label("Note (optional)").first.input_value() == NOTE
    assert page.request.get("/inbox", max_redirects=0).status == 200


def test_what_was_typed_outlives_the_session_and_is_sent_after_signing_in_again_ux_10(
    browse: Open, database: Database, ward: Ward
) -> None:
    page = browse()
    page.clock.install()
    sign_in(page, ward.username)
    write(page, ward)
    pass_time(database, 16)
    page.clock.fast_forward("15:05")
    page.get_by_text("You were signed out. What you typed is still on this page.").wait_for()
    assert page.get_by_label("Note (optional)").first.input_value() == NOTE
    assert stored(page) == 0

    other = page.context.new_page()
    sign_in(other, ward.username)
    other.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    page.get_by_text("You are signed in again.").wait_for()
    card = page.locator("section.episode").first
    card.get_by_label("How it turned out").select_option("true-actionable/call")
    card.get_by_role("button", name="Resolve the alert").click()

    page.get_by_text("The alert is resolved").wait_for()
    assert page.get_by_text(NOTE).first.is_visible()
    assert stored(page) == 0


def test_a_page_on_which_nothing_was_typed_shows_nobody_anything_after_the_end_sec_07(
    browse: Open, database: Database, ward: Ward
) -> None:
    page = browse()
    page.clock.install()
    sign_in(page, ward.username)
    visit(page, "/patients")
    pass_time(database, 16)
    page.clock.fast_forward("15:05")

    page.wait_for_url("**/sign-in?ended=1*")
    assert page.get_by_text("because nothing happened for 15 minutes").is_visible()


def test_printing_is_written_down_by_the_button_and_by_the_browsers_own_way_sec_16(
    browse: Open, database: Database, ward: Ward
) -> None:
    page, who = browse(), ward.patients["Baek Jonggil"]
    sign_in(page, ward.username)
    visit(page, f"/patients/{who}")
    papers = []
    page.expose_function("paper", lambda: papers.append(printed(database, ward)))
    page.evaluate(
        "() => { window.print = async () => {"
        " await window.paper(); document.body.dataset.paper = 'out'; }; }"
    )

    with page.expect_response("**/printed") as own:
        page.pdf()  # as a browser's menu prints
    own.value.finished()
    with page.expect_response("**/printed") as button:
        page.get_by_role("button", name="Print").click()
    page.wait_for_selector("body[data-paper]")

    assert (own.value.status, button.value.status) == (204, 204)
    assert printed(database, ward) == [who, who]
    assert papers == [[who, who]]  # before there is paper


def printed(database: Database, ward: Ward) -> list[UUID | None]:
    query = select(AuditEvent.patient_id).where(
        AuditEvent.entity == PRINTED, AuditEvent.caller_id == ward.user_id
    )
    with database.transaction() as session:
        return list(session.scalars(query))
