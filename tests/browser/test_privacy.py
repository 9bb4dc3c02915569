"""The privacy officer's pages and the doors with a second factor: no fault, and narrow (UX-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

import app.pages.router
from app.erasure import holds
from app.erasure import service as erasing
from app.staff import service as staff
from app.staff.service import Newcomer
from core.audit import Action, record
from core.clock import utc_now
from core.security import SYSTEM, Caller, Role
from core.settings import Environment, Settings
from tests.browser.conftest import screenshot, served, visit
from tests.browser.officers import session_of
from tests.browser.test_pages import SMALLEST, TAGS, WIDE, violations
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from core.database import Database
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
RULES = {"type": "tag", "values": TAGS}
OFFICER = Caller("user", uuid4(), role=Role.PRIVACY_OFFICER)
PATHS = (
    *("/privacy", "/privacy/audit", "/privacy/audit?view=unrelated", "/privacy/retention"),
    "/privacy/contests",
    *("/privacy/erasures?done=hold-set", "/break-glass/reviews"),
)


@pytest.fixture
def ward(database: Database) -> Ward:
    return open_ward(database, people=())


def ask(database: Database, ward: Ward) -> None:
    """Have one erasure wait, one that a hold forbids, and a look to find in the audit."""
    now, [hidden] = utc_now(), ward.patients.values()
    with database.transaction() as session:
        erasing.ask(session, OFFICER, hidden, "consent", now=now)
        holds.hold(session, OFFICER, hidden, "A court asks", None, now=now)
        looked = Caller("user", ward.user_id)
        record(session, looked, Action.READ, "trends", now=now, patients=[hidden])


def looked_at(page: Page) -> tuple[list[str], int]:
    """Return the faults of a page that is open, and how wide it is on the smallest screen."""
    found = []
    for size in (WIDE, SMALLEST):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        found += violations(page, RULES)
    return found, page.evaluate("document.documentElement.scrollWidth")


def test_the_pages_of_privacy_are_readable_at_320_pixels_and_without_faults_ux_10(
    browse: Open, database: Database, ward: Ward, address: str
) -> None:
    ask(database, ward)
    page = browse(bypass_csp=True)
    _, secret = session_of(database, Role.PRIVACY_OFFICER)
    page.context.add_cookies([{"name": "wardlight", "value": secret, "url": address}])
    found = {}
    for path in PATHS:
        visit(page, path)
        found[path] = looked_at(page)
        screenshot(page, path.strip("/").replace("/", "-"))

    assert found == {path: ([], SMALLEST["width"]) for path in PATHS}


@pytest.fixture
def guarded(database: Database, assets: None) -> Iterator[str]:
    """Pages of an installation that asks for a code beside the password."""
    _ = assets
    settings = Settings(
        environment=Environment.DEVELOPMENT,
        secret_key=SecretStr("k" * 40),
        base_url="http://127.0.0.1",
    )
    web = FastAPI()
    app.pages.router.mount(web, database, settings)
    with served(web) as at:
        yield at


def test_the_doors_with_a_second_factor_are_without_faults_sec_05(
    browse: Open, database: Database, guarded: str
) -> None:
    """SEC-05: who was invited sees the key of their app once, and is asked for a code after."""
    mark = uuid4().hex[:6]
    new = Newcomer(f"chief-{mark}", "Dr Chief", Role.SUPERVISOR, f"{mark}@clinic.example")
    with database.transaction() as session:
        _, secret = staff.invite(session, SYSTEM, new, now=utc_now())
    page = browse(bypass_csp=True)
    visit(page, f"{guarded}/welcome/{secret}")
    found = [looked_at(page)]
    page.locator("#password").fill("four plain words suffice")
    page.get_by_role("button", name="Keep the password").click()
    page.get_by_role("heading", name="Your authenticator app").wait_for()
    found.append(looked_at(page))
    page.get_by_role("link", name="Sign in").click()
    page.locator("#username").fill(new.username)
    page.locator("#password").fill("four plain words suffice")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").filter(
        has_text="User name, password or code is not right."
    ).wait_for()
    found.append(looked_at(page))

    assert found == [([], SMALLEST["width"])] * 3
