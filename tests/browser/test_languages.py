"""The explanations of a page in a reader's language, as a browser shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Open, screenshot, sign_in, visit

if TYPE_CHECKING:
    from tests.ward import Ward

pytestmark = pytest.mark.browser
WIDE = {"width": 1240, "height": 860}


@pytest.mark.parametrize("locale", ["en-GB", "ko-KR"])
def test_a_browsers_language_is_that_of_the_explanations(
    browse: Open, ward: Ward, locale: str
) -> None:
    page = browse(locale=locale, viewport=WIDE)
    sign_in(page, ward.username)
    screenshot(page, f"inbox-{locale}")
    reasons = page.locator("p.reason").all_inner_texts()
    for name in ("Oh Malsun", "Baek Jonggil"):
        visit(page, f"/patients/{ward.patients[name]}")
        page.get_by_text("Decide and resolve").first.click()
        for drawer in page.locator("details.drawer summary[lang]").all():
            drawer.click()
        screenshot(page, f"patient-{name.split()[0].lower()}-{locale}")

    said = [*reasons, *page.locator("[lang]").all_inner_texts()[1:]]
    said = [text for text in said if text.strip()]  # a closed drawer shows nothing
    korean = [text for text in said if re.search("[가-힣]", text)]
    assert said
    assert korean == (said if locale == "ko-KR" else [])
