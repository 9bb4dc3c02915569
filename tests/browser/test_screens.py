"""Each page as a picture, in both themes and languages; `make screens` keeps them in the docs.

What is looked at here is looked at by a person as well: a picture is what a reader of the
project sees first. The people on them are invented.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.erasure import service as erasing
from core.clock import utc_now
from core.security import Caller, Role
from ingest.uploading.service import upload
from tests.browser.conftest import ROOT, Open, sign_in, visit
from tests.browser.officers import session_of
from tests.register import HEAD, SYSTEM_A

if TYPE_CHECKING:
    from uuid import UUID

    from playwright.sync_api import Page

    from core.database import Database
    from tests.ward import Ward

    Offices = dict[Role, tuple[str, UUID | None]]

pytestmark = pytest.mark.browser
KEPT = ROOT / "docs" / "screens"
WIDE = {"width": 1240, "height": 900}
PHONE = {"width": 390, "height": 844}
THEMES, LANGUAGES = ("light", "dark"), {"en": "en-GB", "ko": "ko-KR"}
PREVIEW = "/enrol/file/{preview}"
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
OFFICES: dict[Role, dict[str, str]] = {
    Role.ADMINISTRATOR: {
        "administration": "/administration",
        "users": "/administration/users",
        "enrol-preview": PREVIEW,
    },
    Role.PRIVACY_OFFICER: {"audit": "/privacy/audit", "erasures": "/privacy/erasures"},
}
ON_A_PHONE = ("inbox", "patient")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pictures go: into the docs where that is asked for, else nowhere that lasts."""
    asked = os.environ.get("WARDLIGHT_SCREENS")
    return Path(asked).resolve() if asked else tmp_path


@pytest.fixture
def offices(database: Database, ward: Ward) -> Offices:
    """Sessions of who runs the clinic and who guards its privacy, with something to look at."""
    now = utc_now()
    boss, runs = session_of(database, Role.ADMINISTRATOR, "Administrator Moon")
    officer, guards = session_of(database, Role.PRIVACY_OFFICER, "Officer Bae")
    file = f"{HEAD}\nInes Vale,1948-05-06,{SYSTEM_A},40711\nTom Reed,6 May,{SYSTEM_A},40712\n"
    with database.transaction() as session:
        who = Caller("user", boss, role=Role.ADMINISTRATOR)
        preview = upload(session, who, file.encode(), team="Riverside", now=now)
        asking = Caller("user", officer, role=Role.PRIVACY_OFFICER)
        erasing.ask(session, asking, ward.patients["Han Sooja"], "consent", now=now)
    return {Role.ADMINISTRATOR: (runs, preview), Role.PRIVACY_OFFICER: (guards, None)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("theme", THEMES)
def test_every_page_has_its_picture_in_the_docs(
    browse: Open,
    ward: Ward,
    offices: Offices,
    address: str,
    folder: Path,
    theme: str,
    language: str,
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
    page.set_viewport_size({"width": WIDE["width"], "height": WIDE["height"]})
    for role, (secret, preview) in offices.items():
        page.context.add_cookies([{"name": "wardlight", "value": secret, "url": address}])
        for name, path in OFFICES[role].items():
            visit(page, path.format(preview=preview))
            taken.append(picture(page, folder, name, theme, language))

    assert said == []
    assert page.locator("html").get_attribute("lang") == language
    assert [name for name in taken if not (KEPT / name).is_file()] == []


def picture(page: Page, folder: Path, name: str, theme: str, language: str) -> str:
    """Take a picture of what a reader sees first, and return the name of its file."""
    file = f"{name}-{theme}-{language}.jpg"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / file, type="jpeg", quality=78)
    return file
