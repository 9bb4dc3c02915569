"""The inbox by keyboard alone, its filters, and names hidden, in a real browser."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, screenshot, sign_in, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ward import Ward

pytestmark = pytest.mark.browser
WIDE = {"width": 1240, "height": 860}


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_a_critical_alert_is_taken_and_undone_without_a_pointer_ux_03_ux_09(
    browse: Open, ward: Ward
) -> None:
    page = browse(viewport=WIDE)
    page.goto("/sign-in")
    started = time.monotonic()
    page.get_by_label("User name").focus()
    page.keyboard.type(ward.username)
    page.keyboard.press("Tab")
    page.keyboard.type("correct horse battery staple")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox")
    page.keyboard.press("j")
    assert focused(page) == "Baek Jonggil"
    page.keyboard.press("a")
    page.get_by_text("You have taken the alert").wait_for()
    seconds = time.monotonic() - started

    assert seconds < 10
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Your last act is taken back").wait_for()


def test_keys_move_open_put_off_escalate_and_explain_ux_09(browse: Open, ward: Ward) -> None:
    page = browse(viewport=WIDE)
    sign_in(page, ward.username)
    first, second = page.locator("#rows h2 a").all_inner_texts()[:2]

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == second
    page.keyboard.press("k")
    assert focused(page) == first
    page.keyboard.press("/")
    assert focused(page).startswith("Mine")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    screenshot(page, "inbox-keys")
    page.keyboard.press("Escape")
    assert focused(page).startswith("Mine")
    page.keyboard.press("j")
    page.keyboard.press("e")
    page.wait_for_url("**/acts?*do=escalate")
    expect(page.locator(":focus")).to_contain_text("Escalate now")  # once the page is drawn
    page.go_back()
    page.locator(".row-amber h2 a").first.focus()
    page.keyboard.press("s")
    page.wait_for_url("**/acts?*do=snooze")
    expect(page.locator("#hours")).to_be_focused()
    page.go_back()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/*")


def test_no_key_acts_with_a_modifier_or_when_switched_off_ux_09(browse: Open, ward: Ward) -> None:
    """WCAG 2.1.4."""
    page = browse(viewport=WIDE)
    sign_in(page, ward.username)
    for chord in ("Control+j", "Alt+j", "Meta+j"):
        page.keyboard.press(chord)
    assert page.evaluate("document.activeElement === document.body")

    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Next row").fill("n")
    page.get_by_label("Next row").press("j")  # writing acts on nothing
    page.get_by_label("Next row").fill("n")
    page.get_by_role("button", name="Keep these keys").click()
    page.wait_for_url("**/inbox")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("n")
    assert focused(page) == "Baek Jonggil"

    page.get_by_role("link", name="Keys").click()
    page.get_by_label("Use single keys in the inbox").uncheck()
    page.get_by_role("button", name="Keep these keys").click()
    page.wait_for_url("**/inbox")
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement === document.body")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_filter_stays_while_somebody_works_through_it_ux_18(
    browse: Open, ward: Ward, *, script: bool
) -> None:
    page = browse(viewport=WIDE, java_script_enabled=script)
    sign_in(page, ward.username)
    page.get_by_role("navigation", name="Filter").get_by_role("link", name="RED").click()
    page.wait_for_url("**/inbox?tier=red")
    page.get_by_role("button", name="Take it for Oh Malsun").click()
    page.get_by_text("You have taken the alert").wait_for()

    assert "tier=red" in page.url
    assert page.locator("#rows > .row:not(.row-red)").count() == 0
    page.get_by_role("link", name="Clear the filter").click()
    page.wait_for_url("**/inbox")
    assert page.locator("#rows > .row-amber").count() > 0


def test_names_are_hidden_in_a_corridor_ux_02(browse: Open, ward: Ward) -> None:
    page = browse(viewport=WIDE)
    sign_in(page, ward.username)
    page.get_by_role("button", name="Hide names").click()
    page.get_by_role("button", name="Show names").wait_for()
    screenshot(page, "inbox-private")

    text = page.content()

    assert not any(name in text for name in ward.patients)
    assert page.get_by_role("link", name="Patient 1", exact=True).is_visible()
    visit(page, "/inbox")
    assert page.get_by_role("link", name="Patient 1", exact=True).is_visible()
