"""The pages in a reader's language, as a browser shows them, and the change from one to another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open, screenshot, sign_in, visit

if TYPE_CHECKING:
    from tests.ward import Ward

pytestmark = pytest.mark.browser
WIDE = {"width": 1240, "height": 860}
KOREAN = re.compile("[가-힣]")


@pytest.mark.parametrize("locale", ["en-GB", "ko-KR"])
def test_a_browsers_language_is_that_of_the_pages_ux_17(
    browse: Open, ward: Ward, locale: str
) -> None:
    page = browse(locale=locale, viewport=WIDE)
    sign_in(page, ward.username)
    said = [*page.locator("p.reason").all_inner_texts(), page.locator("h1").inner_text()]
    for name in ("Oh Malsun", "Baek Jonggil"):
        visit(page, f"/patients/{ward.patients[name]}")
        for drawer in page.locator("details.drawer > summary").all():
            drawer.click()
        screenshot(page, f"patient-{name.split()[0].lower()}-{locale}")
        said += page.locator("main h2").all_inner_texts()

    assert page.locator("html").get_attribute("lang") == locale[:2]
    korean = [text for text in said if KOREAN.search(text)]
    assert korean == (said if locale == "ko-KR" else [])


def test_a_reader_changes_the_language_and_stays_where_they_are_ux_17(
    browse: Open, ward: Ward
) -> None:
    page = browse(locale="en-GB", viewport=WIDE)
    sign_in(page, ward.username)
    visit(page, "/patients")

    page.get_by_role("button", name="한국어").click()

    page.get_by_role("heading", level=1, name="환자").wait_for()
    assert page.url.endswith("/patients")
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", level=1, name="Patients").wait_for()
