"""The page of learned models in a browser: promoted without JavaScript, and read by everybody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete

from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.database import Database
from core.security import SYSTEM, Role
from monitoring.models import repository, service
from monitoring.models.tables import LearnedModel, ModelEvent, ShadowScore
from tests.artefacts import SHIPPED, artefact, eager
from tests.browser.conftest import sign_in, visit
from tests.browser.test_pages import SMALLEST, TAGS, violations
from tests.shadowed import say
from tests.ward import MALSUN, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.embedded import Servers
    from tests.browser.conftest import Open
    from tests.ward import Ward

PEOPLE = (MALSUN,)
pytestmark = pytest.mark.browser
OPENED = "document.querySelectorAll('details').forEach(each => { each.open = true })"


@pytest.fixture
def shadow(database: Database, embedded: Servers, ward: Ward) -> Iterator[str]:
    """Yield a model in shadow that spoke, beside one that was only added."""
    now = utc_now()
    with database.transaction() as session:
        service.add(session, SYSTEM, artefact("other"), reason="x", now=now)
        id_ = service.add(session, SYSTEM, eager(), reason="AMBER begins earlier", now=now)
        service.put_in_shadow(session, SYSTEM, id_, reason="let us see", now=now)
        who = ward.patients["Oh Malsun"]
        say(session, who, (id_, SHIPPED), now - timedelta(hours=1), ("AMBER", None))
    yield id_
    owner = Database(embedded.migration_database_url)
    with owner.transaction() as session:
        for table in (ShadowScore, ModelEvent, LearnedModel):
            session.execute(delete(table))
    owner.close()


def test_a_supervisor_promotes_a_model_without_javascript_ux_10_ux_18(
    browse: Open, database: Database, shadow: str
) -> None:
    """UX-10: axe-core finds nothing with everything open, and nothing scrolls sideways."""
    login = f"chief-{uuid4().hex[:8]}"
    with database.transaction() as session:
        create_user(session, NewUser(login, "Dr Chief", PASSWORD, Role.SUPERVISOR), now=utc_now())
    looked = browse(bypass_csp=True, viewport=SMALLEST)
    sign_in(looked, login)
    visit(looked, "/models")
    looked.evaluate(OPENED)
    faults = violations(looked, {"type": "tag", "values": TAGS})
    width = looked.evaluate("document.documentElement.scrollWidth")

    page = browse(java_script_enabled=False)
    sign_in(page, login)
    visit(page, "/models")
    card = page.locator(f"#{shadow}")
    card.get_by_text("Let it judge").click()
    card.get_by_label("Because").first.fill("it finds more")
    card.get_by_role("button", name="Promote").click()

    assert page.get_by_role("status").filter(has_text="judges from the next judgement").count()
    assert shadow in page.locator("#judging").inner_text()
    assert (faults, width) == ([], SMALLEST["width"])
    with database.transaction() as session:
        assert repository.active(session) == shadow
