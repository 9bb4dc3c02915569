"""Each page as a picture, in both themes and languages; `make screens` keeps them in the docs.

What is looked at here is looked at by a person as well: a picture is what a reader of the
project sees first. The people on them are invented.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import ROOT, Open, sign_in, visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.ward import Ward

pytestmark = pytest.mark.browser
KEPT = ROOT / "docs" / "screens"
WIDE = {"width": 1240, "height": 900}
PHONE = {"width": 390, "height": 844}
THEMES, LANGUAGES = ("light", "dark"), {"en": "en-GB", "ko": "ko-KR"}
PAGES = {
    "inbox": "/inbox",
    "patient": "/patients/{patient}",
    "plan": "/patients/{patient}/plan",
    "patients": "/patients",
    "quality": "/quality",
    "reports": "/reports",
    "report": "/reports/{team}",
    "programme": "/programme/{team}",
    "rota": "/rota/{team}",
    "rules": "/rules",
    "models": "/models",
    "digest": "/digest",
    "reached": "/reached",
    "design": "/design",
}
ON_A_PHONE = ("inbox", "patient")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures go: into the docs where that is asked for, else nowhere that lasts."""
    asked = os.environ.get("WARDLIGHT_SCREENS")
    return Path(asked).resolve() if asked else tmp_path


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", THEMES)
def test_every_page_has_its_picture_in_the_docs(
    browse: Open, ward: Ward, folder: Path, theme: str, language: str
) -> None:
    """UX-10, UX-17: in either theme and language, with nothing said on the console."""
    page = browse(locale=LANGUAGES[language], color_scheme=theme, viewport=WIDE)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/sign-in")
    taken = [picture(page, folder, "sign-in", theme, language)]
    sign_in(page, ward.username)

    for name, path in PAGES.items():
        visit(page, path.format(patient=ward.patients["Oh Malsun"], team=ward.team))
        taken.append(picture(page, folder, name, theme, language))
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    for name in ON_A_PHONE:
        visit(page, PAGES[name].format(patient=ward.patients["Oh Malsun"]))
        taken.append(picture(page, folder, f"{name}-phone", theme, language))

    assert said == []
    assert page.locator("html").get_attribute("lang") == language
    assert [name for name in taken if not (KEPT / name).is_file()] == []


def picture(page: Page, folder: Path, name: str, theme: str, language: str) -> str:
    """Take a picture of what a reader sees first, and return the name of its file."""
    file = f"{name}-{theme}-{language}.jpg"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / file, type="jpeg", quality=78)
    return file
