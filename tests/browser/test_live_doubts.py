"""What the open inbox must not hide: who should stand higher, a row not read, a silent break."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, sign_in
from tests.browser.states import rise
from tests.browser.test_live import ROWS, WIDE, follow
from tests.browser.test_pages import PHONE, listen

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from core.database import Database
    from tests.ward import Ward

pytestmark = pytest.mark.browser
# A context that keeps count of what is made of it, and when.
COUNTED = """
window.made = [];
const Sound = window.AudioContext;
window.AudioContext = class extends Sound {
  constructor() { super(); window.made.push(navigator.userActivation.hasBeenActive); }
};
"""
# A stream that stays open, and of which nothing comes any more while `silent` is set.
SILENCED = """
const Stream = window.EventSource;
window.EventSource = class extends Stream {
  addEventListener(kind, hear) {
    super.addEventListener(kind, (event) => { if (!window.silent) hear(event); });
  }
};
"""


def test_a_row_that_becomes_graver_is_offered_and_does_not_move_ux_13(
    browse: Open, ward: Ward, database: Database
) -> None:
    page = browse(viewport=WIDE)
    follow(page, ward.username)
    order = page.locator("#rows h2 a").all_inner_texts()
    last = order[-1]

    rise(database, ward, last)

    page.get_by_role("button", name="1 new: show it").wait_for(timeout=3_000)
    expect(page.locator(".row-red").filter(has_text=last)).to_be_visible()
    assert page.locator("#rows h2 a").all_inner_texts() == order
    with page.expect_navigation():
        page.get_by_role("button", name="1 new: show it").click()
    assert page.locator("#rows h2 a").all_inner_texts().index(last) < len(order) - 1
    assert page.evaluate("getComputedStyle(document.getElementById('new')).display") == "none"


def test_a_red_that_the_filter_hides_is_offered_too_ux_13(
    browse: Open, ward: Ward, database: Database
) -> None:
    page = browse(viewport=WIDE)
    follow(page, ward.username)
    page.goto("/inbox?tier=yellow")
    page.locator("body.is-live").wait_for()

    rise(database, ward, "Kwon Yeonghui")
    page.get_by_role("button", name="A new RED that this filter hides: show everybody").click()

    page.wait_for_url(re.compile(r"/inbox#rows$"))
    assert page.get_by_role("link", name="Kwon Yeonghui", exact=True).is_visible()


def test_a_row_that_cannot_be_read_anew_says_so_and_is_asked_for_again_ux_12(
    browse: Open, ward: Ward
) -> None:
    page, other = browse(viewport=WIDE), browse(viewport=WIDE)
    follow(page, ward.username)
    sign_in(other, ward.colleague)
    refused: list[str] = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=503)

    page.route(ROWS, refuse)
    other.get_by_role("button", name="Take it for Oh Malsun").click()
    row = page.locator("#rows > .row").filter(has_text="Oh Malsun")
    expect(row.get_by_text("This row has changed.")).to_be_visible(timeout=3_000)
    page.unroute(ROWS)

    expect(row.get_by_text("Dr Lim")).to_be_visible(timeout=8_000)
    assert refused
    assert row.get_by_text("This row has changed.").count() == 0


def test_a_stream_that_broke_without_a_word_is_not_live_and_asked_for_again_ux_12_ux_14(
    browse: Open, ward: Ward
) -> None:
    """A network that was changed leaves a connection open that never says anything again."""
    page = browse(viewport=WIDE)
    page.add_init_script(SILENCED)
    page.clock.install()
    sign_in(page, ward.username)
    page.locator("body.is-live").wait_for()
    page.evaluate("window.silent = true")
    with page.expect_request("**/inbox/live*", timeout=15_000):
        page.clock.fast_forward(31_000)
        page.clock.run_for(1_000)
        said = page.locator("#not-live").inner_text()
        rows = page.locator("body.not-live .rows")
        assert re.match(r"Not live: rows as of \d\d:\d\d", said)
        assert rows.evaluate("each => getComputedStyle(each).borderTopStyle") == "dashed"
        page.clock.run_for(8_000)
    assert page.locator("#not-live").is_visible(), "asked for again is not heard from"
    page.evaluate("window.silent = false")

    page.locator("#not-live").wait_for(state="detached")
    assert page.locator("body.is-live").count() == 1


def test_rows_are_read_anew_under_a_finger_that_was_lifted_ux_12(browse: Open, ward: Ward) -> None:
    page, other = browse(viewport=PHONE, has_touch=True, is_mobile=True), browse(viewport=WIDE)
    follow(page, ward.username)
    sign_in(other, ward.colleague)
    row = page.locator("#rows > .row").filter(has_text="Oh Malsun")
    row.locator(".reason").tap()

    other.get_by_role("button", name="Take it for Oh Malsun").click()

    expect(row.get_by_text("Dr Lim")).to_be_visible(timeout=3_000)


def test_sound_is_off_until_chosen_and_made_only_after_a_gesture_ux_13(
    browse: Open, ward: Ward, database: Database
) -> None:
    page = browse(viewport=WIDE)
    page.add_init_script(COUNTED)
    said = listen(page)
    follow(page, ward.username)
    page.get_by_role("heading", level=1).click()
    rise(database, ward, "Moon Taesik")
    page.locator("#new:not([hidden])").wait_for()
    assert page.evaluate("window.made") == []

    page.get_by_role("button", name="Sound for a new RED").click()
    page.get_by_role("button", name="Sound off").wait_for()
    page.locator("body.is-live").wait_for()
    hint = page.get_by_text("Sound is on from your first click or key on this page.")
    assert hint.is_visible()
    rise(database, ward, "Seo Insuk")
    page.locator("#new:not([hidden])").wait_for()
    assert page.evaluate("window.made") == []
    page.get_by_role("heading", level=1).click()

    assert hint.is_hidden()
    assert page.evaluate("window.made") == [True]
    assert said == []
