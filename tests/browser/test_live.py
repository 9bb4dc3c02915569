"""The inbox while it stays open: rows that change in place, what is new, and a dead stream."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from alerts import repository
from alerts.lifecycle import State
from alerts.reasons import Reason
from alerts.tables import Alert
from core.clock import utc_now
from tests.browser.conftest import Open, screenshot, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from core.database import Database
    from tests.ward import Ward

pytestmark = pytest.mark.browser
ROWS = re.compile("/inbox/rows/")
WIDE = {"width": 1240, "height": 860}


def follow(page: Page, username: str) -> None:
    sign_in(page, username)
    page.locator("body.is-live").wait_for()


def let_arrive(database: Database, ward: Ward, name: str) -> None:
    """Open somebody's first alert, as the response does."""
    with database.transaction() as session:
        like = session.scalars(
            select(Alert).where(Alert.patient_id == ward.patients["Baek Jonggil"])
        ).all()[0]
        made = Alert(
            patient_id=ward.patients[name],
            problem="technique",
            severity="RED",
            highest="RED",
            paged="RED",
            state=State.OPEN,
            **{f: utc_now() for f in ("started_at", "last_seen_at", "last_found_at", "opened_at")},
            policy_hash=like.policy_hash,
            policy=like.policy,
        )
        session.add(made)
        session.flush()
        repository.note(session, made, "opened", Reason.FIRST, now=utc_now())


def test_a_colleagues_act_is_seen_in_two_seconds_where_the_row_stands_ux_04(
    browse: Open, ward: Ward
) -> None:
    mine, other = browse(viewport=WIDE), browse(viewport=WIDE)
    follow(mine, ward.username)
    order = mine.locator("#rows h2 a").all_inner_texts()
    sign_in(other, ward.colleague)

    other.get_by_role("button", name="Take it for Oh Malsun").click()
    other.get_by_text("You have taken the alert").wait_for()

    row = mine.locator("#rows > .row").filter(has_text="Oh Malsun")
    expect(row.get_by_text("Dr Lim")).to_be_visible(timeout=2_000)
    assert mine.locator("#rows h2 a").all_inner_texts() == order
    assert row.get_by_role("button", name="Take it").count() == 0


def test_a_row_that_somebody_points_at_waits_ux_13(browse: Open, ward: Ward) -> None:
    mine, other = browse(viewport=WIDE), browse(viewport=WIDE)
    follow(mine, ward.username)
    row = mine.locator("#rows > .row").filter(has_text="Oh Malsun")
    row.hover()
    sign_in(other, ward.colleague)
    other.get_by_role("button", name="Take it for Oh Malsun").click()

    mine.locator(".row-waits").wait_for()
    assert row.get_by_role("button", name="Take it").count() == 1
    mine.get_by_role("heading", level=1).hover()

    expect(row.get_by_text("Dr Lim")).to_be_visible(timeout=2_000)


def test_what_arrives_is_offered_and_a_red_is_said_once_ux_13(
    browse: Open, ward: Ward, database: Database
) -> None:
    page = browse(viewport=WIDE)
    follow(page, ward.username)
    order = page.locator("#rows h2 a").all_inner_texts()
    page.locator("#rows > .row").first.hover()

    let_arrive(database, ward, "Han Sooja")
    page.get_by_role("button", name="1 new: show it").wait_for(timeout=2_000)

    expect(page.locator("#red")).to_have_text("A new RED alert has arrived.")
    assert page.locator("#rows h2 a").all_inner_texts() == order
    screenshot(page, "inbox-new")
    page.evaluate("document.getElementById('red').textContent = ''")
    page.wait_for_timeout(1_500)
    assert page.locator("#red").inner_text() == ""


def test_without_the_network_rows_are_never_shown_as_fresh_and_recover_ux_12_ux_14(
    browse: Open, ward: Ward
) -> None:
    page, other = browse(viewport=WIDE), browse(viewport=WIDE)
    follow(page, ward.username)
    sign_in(other, ward.colleague)

    page.context.set_offline(True)
    page.locator("#not-live").wait_for(timeout=3_000)
    assert re.match(
        r"Not live: rows as of \d\d:\d\d \(just now\)", page.locator("#not-live").inner_text()
    )
    screenshot(page, "inbox-not-live")
    other.get_by_role("button", name="Take it for Oh Malsun").click()
    other.get_by_text("You have taken the alert").wait_for()
    assert page.get_by_role("button", name="Take it for Oh Malsun").is_visible()
    page.context.set_offline(False)

    page.locator("#not-live").wait_for(state="detached", timeout=8_000)
    row = page.locator("#rows > .row").filter(has_text="Oh Malsun")
    expect(row.get_by_text("Dr Lim")).to_be_visible(timeout=3_000)


def test_a_stream_that_says_nothing_for_half_a_minute_is_not_live_ux_14(
    browse: Open, ward: Ward
) -> None:
    page = browse(viewport=WIDE)
    page.route("**/inbox/live*", lambda route: route.abort())
    page.clock.install()
    sign_in(page, ward.username)
    assert page.locator("#not-live").count() == 0

    page.clock.run_for(32_000)

    assert "Not live: rows as of " in page.locator("#not-live").inner_text()


def test_a_slow_old_answer_does_not_overwrite_a_newer_row(browse: Open, ward: Ward) -> None:
    page, other = browse(viewport=WIDE), browse(viewport=WIDE)
    follow(page, ward.username)
    old = page.locator("#rows > .row").filter(has_text="Oh Malsun").evaluate("row => row.outerHTML")
    sign_in(other, ward.colleague)
    other.get_by_role("button", name="Take it for Oh Malsun").click()
    row = page.locator("#rows > .row").filter(has_text="Oh Malsun")
    expect(row.get_by_text("Dr Lim")).to_be_visible(timeout=2_000)

    asked: list[str] = []

    def late(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=old, content_type="text/html")

    page.route(ROWS, late)
    other.get_by_role("button", name="Undo").click()
    other.get_by_text("Your last act is taken back").wait_for()
    page.wait_for_timeout(2_000)

    assert asked
    assert row.get_by_text("Dr Lim").is_visible()
