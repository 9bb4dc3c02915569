"""One week of the ward, printed once in each language for all that looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.pages.door import Door, Visit
from app.pages.paper import report_on_paper
from app.pages.rendering import Renderer
from app.pages.site_policy import policy_of
from app.weekly_forms.pdf import pdf
from app.weekly_forms.service import Form, Wanted, handed_out
from core.security import SYSTEM
from tests.app.conftest import SETTINGS
from tests.app.weekly_forms.printed import Printed

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward


def _printed(database: Database, ward: Ward, language: str) -> Printed:
    door = Door(database, SETTINGS, Renderer(SETTINGS))
    with database.transaction() as session:
        visit = Visit(session, SYSTEM, "", "", ward.now, language)
        wanted = Wanted(ward.team, "", Form.PDF)
        found = handed_out(session, SYSTEM, wanted, policy_of(SETTINGS), now=ward.now)
        page = report_on_paper(door, visit, found)
    return Printed(found, page, pdf(page))


@pytest.fixture(scope="module")
def english(database: Database, ward: Ward) -> Printed:
    return _printed(database, ward, "en")


@pytest.fixture(scope="module")
def korean(database: Database, ward: Ward) -> Printed:
    return _printed(database, ward, "ko")
