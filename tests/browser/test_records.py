"""Enrolling, correcting and ending on pages: no accessibility fault, and narrow enough (UX-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import update

from alerts.lifecycle import State
from alerts.tables import Alert
from core.clock import utc_now
from tests.browser.conftest import Open, screenshot, sign_in, visit
from tests.browser.test_pages import SMALLEST, WIDE
from tests.browser.test_planning import faults
from tests.register import HEAD, SYSTEM_A, SYSTEM_B, keeper
from tests.ward import SOOJA, TAESIK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from core.database import Database
    from tests.ward import Ward

PEOPLE = (SOOJA, TAESIK)
pytestmark = pytest.mark.browser
DRAWERS = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


def uploaded(page: Page) -> str:
    """Upload a file with one fault and return the address of what it would do."""
    visit(page, "/enrol/file")
    rows = [HEAD, f"Ines Vale,1948-05-06,{SYSTEM_A},{uuid4().hex}", f",x,{SYSTEM_B},7"]
    file = {"name": "p.csv", "mimeType": "text/csv", "buffer": "\n".join(rows).encode()}
    page.get_by_label("CSV file").set_input_files(file)  # type: ignore[arg-type]  # as its type says
    page.get_by_label("Care team of rows that name none").select_option("Riverside")
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_text("1 person would be enrolled").wait_for()
    return "/" + page.url.split("/", 3)[-1]


def states(page: Page, ward: Ward) -> Iterator[str]:
    """Open each page, its drawers open."""
    sooja, taesik = ward.patients["Han Sooja"], ward.patients["Moon Taesik"]
    preview = uploaded(page)
    paths = (
        *("/enrol", "/enrol/file", preview, "/records", f"/records/{sooja}"),
        *(f"/patients/{sooja}/facts", f"/patients/{sooja}/discharge"),
    )
    for path in paths:
        visit(page, path)
        page.evaluate(DRAWERS)
        yield path.replace(str(sooja), "id").split("/file/")[0]
    visit(page, f"/records/{sooja}")
    page.evaluate(DRAWERS)
    page.locator("#merge-to").fill(str(taesik))
    page.get_by_role("button", name="Show what merging would do").click()
    page.get_by_role("heading", name="What merging would do").wait_for()
    yield "merge"


def test_enrolling_correcting_and_ending_have_no_accessibility_fault_ux_10(
    browse: Open, ward: Ward, database: Database
) -> None:
    login = keeper(database, ward)
    with database.transaction() as session:
        session.execute(update(Alert).values(state=State.RESOLVED, closed_at=utc_now()))
    found: dict[str, list[str]] = {}
    for size, scheme in ((WIDE, "light"), (SMALLEST, "dark")):
        page = browse(viewport=size, color_scheme=scheme, bypass_csp=True)
        sign_in(page, login)
        for name in states(page, ward):
            found[f"{name} {scheme}"] = faults(page)
            screenshot(page, f"records-{name.strip('/').replace('/', '-')}-{scheme}")

    assert {name: each for name, each in found.items() if each} == {}
