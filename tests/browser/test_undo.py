"""The seconds in which an act can be taken back, counted down on the page (UX-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open, sign_in, visit
from tests.browser.test_pages import WIDE, listen
from tests.ward import MALSUN

if TYPE_CHECKING:
    from tests.ward import Ward

PEOPLE = (MALSUN,)
pytestmark = pytest.mark.browser


def test_an_undo_counts_down_moves_no_focus_and_goes_when_it_is_over(
    browse: Open, ward: Ward
) -> None:
    page = browse(viewport=WIDE)
    said = listen(page)
    page.clock.install()
    sign_in(page, ward.username)
    visit(page, f"/patients/{ward.patients['Oh Malsun']}")
    card = page.locator("section.episode").first
    card.locator("summary").filter(has_text="Note").click()
    card.get_by_label("Note for colleagues").fill("Rang, no answer")
    card.get_by_role("button", name="Keep the note").click()
    page.get_by_role("button", name="Undo").wait_for()
    focus = "document.activeElement.tagName"
    before = page.evaluate(focus)

    page.clock.run_for(4000)

    assert page.get_by_role("button", name="Undo (6 s)").is_visible()
    assert page.get_by_role("status").filter(has_text="Undo").count() == 0
    page.clock.run_for(7000)
    assert page.locator("form[data-undo]").is_hidden()
    assert page.evaluate(focus) == before
    assert card.get_by_text("Rang, no answer").is_visible()
    assert said == []


def test_a_page_suggests_minutes_and_counts_none(browse: Open, ward: Ward) -> None:
    page = browse(viewport=WIDE)
    page.clock.install()
    sign_in(page, ward.username)
    visit(page, f"/patients/{ward.patients['Oh Malsun']}")

    page.clock.run_for(5 * 60_000)

    field = page.locator("#spent-minutes")
    assert field.get_attribute("placeholder") in ("5", "6")
    assert field.input_value() == ""
    page.reload()
    assert page.get_by_text("This month: 0 minutes, 0 live contacts").is_visible()
