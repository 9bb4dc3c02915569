"""The states of a page that nobody sees by opening its address, each brought about on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from alerts import repository
from alerts.lifecycle import State
from alerts.reasons import Reason
from alerts.tables import Alert
from core.clock import utc_now
from core.vitals import Severity
from tests.app.test_quality_page import OUTCOMES, RULE, fill
from tests.browser.conftest import visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from core.database import Database
    from tests.ward import Ward

# Drawers of one row exclude each other by their name: here all are open at once.
OPENED = """
document.querySelectorAll('details').forEach(each => {
  each.removeAttribute('name');
  each.open = true;
})
"""
TRIAL = f"/quality/trial?weeks=4&rule={RULE}"


def rise(database: Database, ward: Ward, name: str) -> None:
    with database.transaction() as session:
        first = select(Alert).where(Alert.patient_id == ward.patients[name]).limit(1)
        alert = session.scalars(first).one()
        alert.severity, alert.version = Severity.RED, alert.version + 1
        repository.note(session, alert, "rose", Reason.ROSE, now=utc_now())


def states(page: Page, ward: Ward, database: Database) -> Iterator[str]:
    """Yield the name of each state while the page, signed in already, is in it."""
    yield from _of_the_inbox(page, ward, database)
    visit(page, f"/patients/{ward.patients['Oh Malsun']}")
    page.evaluate(OPENED)
    yield "patient, drawers open"
    fill(database, ward, list(ward.patients.values())[:3], OUTCOMES)
    visit(page, "/quality?weeks=4")
    yield "quality, with outcomes"
    visit(page, TRIAL)
    yield "trial of a proposal"
    with database.transaction() as session:
        session.execute(update(Alert).values(state=State.RESOLVED, closed_at=utc_now()))
    visit(page, "/inbox")
    page.get_by_role("heading", name="Nobody needs you now").first.wait_for()
    yield "inbox, empty"


def _of_the_inbox(page: Page, ward: Ward, database: Database) -> Iterator[str]:
    visit(page, "/inbox")
    page.locator("body.is-live").wait_for()
    rise(database, ward, page.locator("#rows h2 a").last.inner_text())
    page.locator("#new:not([hidden])").wait_for()
    page.evaluate(OPENED)
    yield "inbox, live bar and drawers open"
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    yield "inbox, dialog of keys"
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.locator("#not-live").wait_for()
    yield "inbox, not live"
    page.context.set_offline(False)
    page.get_by_role("button", name="Hide names").click()
    page.get_by_role("button", name="Show names").wait_for()
    yield "inbox, names hidden"
    page.get_by_role("button", name="Show names").click()
    page.get_by_role("button", name="Hide names").wait_for()
