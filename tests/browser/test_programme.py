"""The page of a team's programme in a browser: turned on without JavaScript, read by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from alerts.minutes import Work
from alerts.spent.service import Spent, spend
from app.accounts.service import NewUser, create_user
from app.programme.service import turn
from core.clock import utc_now
from core.security import SYSTEM, Role
from ingest.tables import CareTeamParticipant
from tests.browser.conftest import screenshot, sign_in, visit
from tests.browser.test_pages import SMALLEST, TAGS, WIDE, violations
from tests.people import clinician
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from core.database import Database
    from tests.browser.conftest import Open
    from tests.ward import Ward

pytestmark = pytest.mark.browser
OPENED = "document.querySelectorAll('details').forEach(each => { each.open = true })"


@pytest.fixture
def chief(database: Database, ward: Ward) -> str:
    """Return the account of a supervisor of the team, in which somebody has spent some minutes."""
    login = f"chief-{uuid4().hex[:8]}"
    with database.transaction() as session:
        who = clinician(session, uuid4(), "Dr Chief", "chief@clinic.example")
        session.add(who)
        session.flush()
        session.add(CareTeamParticipant(care_team_id=ward.team, practitioner_id=who.id, role=""))
        new = NewUser(login, "Dr Chief", PASSWORD, Role.SUPERVISOR, practitioner_id=who.id)
        create_user(session, new, now=utc_now())
        for name, minutes, live in (("Oh Malsun", 25, True), ("Han Sooja", 2, False)):
            spent = Spent(minutes, Work.CALL if live else Work.REVIEW, live=live)
            spend(session, SYSTEM, ward.patients[name], spent, now=utc_now())
    return login


def test_a_supervisor_turns_the_clocks_on_without_javascript_and_anybody_reads_them_ux_18(
    browse: Open, ward: Ward, chief: str
) -> None:
    page = browse(java_script_enabled=False, viewport=WIDE)
    sign_in(page, chief)
    visit(page, f"/programme/{ward.team}")
    screenshot(page, "programme-off")
    page.get_by_role("button", name="Turn the clocks on").click()
    page.get_by_text("The clocks of the programme are on").wait_for()
    screenshot(page, "programme")
    row = page.get_by_role("row").filter(has_text="Oh Malsun")
    said = row.inner_text()
    row.get_by_role("link", name="Oh Malsun", exact=True).click()
    page.get_by_role("heading", name="What the clocks of Oh Malsun rest on").wait_for()
    page.locator("#days summary").first.click()

    assert "99454" in said
    assert "25 minutes, 1 live contact" in said
    assert "99457" in said
    assert page.locator("#days").get_by_text("1 reading").first.is_visible()
    assert page.locator("#minutes tbody tr").count() == 1


@pytest.mark.parametrize("locale", ["en-GB", "ko-KR"])
def test_the_programme_is_readable_at_320_pixels_and_without_faults_ux_10(
    browse: Open, ward: Ward, chief: str, database: Database, locale: str
) -> None:
    with database.transaction() as session:
        turn(session, SYSTEM, ward.team, on=True, now=utc_now())
    page = browse(locale=locale, bypass_csp=True, viewport=SMALLEST)
    sign_in(page, chief)
    who = ward.patients["Oh Malsun"]

    for path in ("", f"/patients/{who}"):
        visit(page, f"/programme/{ward.team}{path}?stay=20000&weeks=4")
        page.evaluate(OPENED)
        screenshot(page, f"programme{'-evidence' if path else ''}-{locale}-320")
        faults = violations(page, {"type": "tag", "values": TAGS})
        width = page.evaluate("document.documentElement.scrollWidth")

        assert faults == []
        assert width <= SMALLEST["width"]
