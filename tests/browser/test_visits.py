"""A video visit in a real browser: booked, joined, and not come to, on the smallest screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open, screenshot, sign_in, visit
from tests.browser.test_pages import SMALLEST, TAGS, listen, violations
from tests.ward import MALSUN

if TYPE_CHECKING:
    from tests.ward import Ward

PEOPLE = (MALSUN,)
pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_visit_is_booked_and_ended_with_and_without_a_script(
    browse: Open, ward: Ward, *, script: bool
) -> None:
    """UX-10, UX-18: at 320 px; axe finds nothing where a visit is booked."""
    page = browse(viewport=SMALLEST, java_script_enabled=script, bypass_csp=script)
    said = listen(page)
    sign_in(page, ward.username)
    visit(page, f"/patients/{ward.patients['Oh Malsun']}")
    card = page.locator("section.episode").first
    card.locator("summary").filter(has_text="Video visit").click()
    card.get_by_role("button", name="Book the video visit").click()
    page.get_by_text("The video visit is booked").wait_for()
    screenshot(page, "visit-320")

    way_in = card.get_by_role("link", name="Join the video visit (opens in a new tab)")

    assert (way_in.get_attribute("href") or "").startswith("https://meet.example/")
    assert way_in.get_attribute("rel") == "noopener noreferrer"
    assert way_in.get_attribute("target") == "_blank"
    if script:
        assert violations(page, {"type": "tag", "values": TAGS}) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST["width"]
    card.get_by_role("button", name="The patient did not come").click()
    page.get_by_text("It is written down that the patient did not come").wait_for()
    assert card.get_by_role("link", name="Join the video visit").count() == 0
    assert page.locator("#visits").get_by_text("missed").is_visible()
    assert said == []
