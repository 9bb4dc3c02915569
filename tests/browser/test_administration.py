"""The pages of those who run the clinic, in a browser: readable at 320 pixels, without faults."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from app.accounts.service import NewUser, add_account, open_session
from app.accounts.tables import AppUser
from app.staff import integrations, service, starting, teams
from app.staff.integrations import Registration
from app.staff.service import Newcomer
from core.clock import utc_now
from core.outward import Outward
from core.security import SYSTEM, Role
from core.settings import Settings
from tests.browser.conftest import screenshot, visit
from tests.browser.test_pages import SMALLEST, TAGS, WIDE, violations
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from core.database import Database
    from tests.browser.conftest import Open

pytestmark = pytest.mark.browser
OPENED = "document.querySelectorAll('details').forEach(each => { each.open = true })"
RULES = {"type": "tag", "values": TAGS}


@pytest.fixture
def ward(database: Database) -> Ward:
    return open_ward(database, people=())


def clinic(database: Database, ward: Ward) -> tuple[str, dict[str, str]]:
    """Return the secret of an administrator's session, and the pages to look at."""
    now, mark = utc_now(), uuid4().hex[:6]
    with database.transaction() as session:
        new = NewUser(f"boss-{mark}", "Administrator Moon", "", Role.ADMINISTRATOR)
        boss = add_account(session, new, "", now=now)
        secret = open_session(session, boss, now=now)
        teams.add_site(session, SYSTEM, f"Harbour {mark}", now=now)
        nurse = Newcomer(f"nurse-{mark}", "Nurse Song", Role.NURSE, "song@clinic.example")
        user, _ = service.invite(session, SYSTEM, nurse, now=now)
        service.join(session, SYSTEM, user, ward.team, "", now=now)
        service.change_role(session, SYSTEM, user, Role.SUPERVISOR, now=now)
        made = Registration(f"gateway-{mark}", "system/Observation.cu")
        outward = Outward.of(Settings())
        client, _ = integrations.register(session, SYSTEM, made, outward=outward, now=now)
    return secret, {
        "administration": "/administration",
        "administration-users": "/administration/users",
        "administration-user": f"/administration/users/{user}",
        "administration-teams": "/administration/teams",
        "administration-team": f"/administration/teams/{ward.team}",
        "administration-rota": f"/administration/rota/{ward.team}",
        "administration-integrations": "/administration/integrations",
        "administration-integration": f"/administration/integrations/{client}",
    }


def test_the_pages_of_administration_are_readable_at_320_pixels_and_without_faults_ux_10(
    browse: Open, database: Database, ward: Ward, address: str
) -> None:
    secret, paths = clinic(database, ward)
    page = browse(viewport=WIDE)
    page.context.add_cookies([{"name": "wardlight", "value": secret, "url": address}])
    widths, faults = {}, {}
    for name, path in paths.items():
        page.set_viewport_size({"width": 1240, "height": 860})
        visit(page, path)
        page.evaluate(OPENED)
        screenshot(page, name)
        faults[name] = violations(page, RULES)
        page.set_viewport_size({"width": 320, "height": 640})
        widths[name] = page.evaluate("document.documentElement.scrollWidth")

    assert faults == {name: [] for name in paths}
    assert widths == dict.fromkeys(paths, SMALLEST["width"])


def test_the_first_administrator_is_made_in_a_browser_without_faults_sec_08(
    browse: Open, database: Database, ward: Ward, address: str
) -> None:
    _ = ward, address
    with database.transaction() as session:
        session.query(AppUser).filter(AppUser.role == Role.ADMINISTRATOR).update({"disabled": True})
        secret = starting.open_link(session, now=utc_now())
    page = browse(viewport=SMALLEST)
    visit(page, f"/set-up/{secret}")
    screenshot(page, "set-up")
    faults, width = (
        violations(page, RULES),
        page.evaluate("document.documentElement.scrollWidth"),
    )
    page.locator("#username").fill(f"first-{uuid4().hex[:6]}")
    page.locator("#display_name").fill("The First")
    page.locator("#password").fill("four plain words suffice")
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/sign-in?to=/administration")

    assert faults == []
    assert width == SMALLEST["width"]
