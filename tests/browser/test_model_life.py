"""Trainings, drift, outcomes and days drawn by lot in a browser: without JavaScript, and by axe."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete

from app.accounts.service import NewUser, create_user
from app.follow_up.tables import FollowedDayRow, ScoredDays
from app.model_watch import repository as watched
from app.model_watch import service as watch
from app.model_watch.tables import ModelCheck
from app.retraining import repository
from app.retraining.tables import TrainingRun
from core.clock import utc_now
from core.database import Database
from core.security import Role
from monitoring.drift import Drift
from monitoring.features import FEATURES
from monitoring.followed import Source
from monitoring.live_calibration import Scored, calibrated
from monitoring.service import load_model
from tests.browser.conftest import sign_in, visit
from tests.browser.test_pages import SMALLEST, TAGS, violations
from tests.ward import MALSUN, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from core.embedded import Servers
    from tests.browser.conftest import Open
    from tests.ward import Ward

PEOPLE = (MALSUN,)
pytestmark = pytest.mark.browser
OPENED = "document.querySelectorAll('details').forEach(each => { each.open = true })"


@pytest.fixture
def drawn(database: Database, embedded: Servers, ward: Ward) -> Iterator[UUID]:
    """Yield a day drawn by lot, beside findings of the model that judges."""
    now, id_, model = utc_now(), uuid4(), load_model()
    assert model is not None
    moved = [
        {"feature": each.name, "index": 0.3, "noise": 0.05, "word": Drift.MARKED}
        for each in FEATURES
    ]
    found = {"people": 640, "shares_known": True, "moved": moved}
    with database.transaction() as session:
        watched.keep(session, watch.DRIFT, model.id, now.date(), at=now, found=found)
        bands = calibrated({2: Scored(900, 30.0, 0, people=300, size=250.0)}, [])
        looked = {"bands": [asdict(each) for each in bands], "left_out": 4, "gone": 7}
        watched.keep(session, watch.CALIBRATION, model.id, now.date(), at=now, found=looked)
        session.add(
            FollowedDayRow(
                id=id_,
                patient_id=ward.patients["Oh Malsun"],
                day=(now - timedelta(days=12)).date(),
                scored_at=now - timedelta(days=12),
                model_id=model.id,
                probability=0.1,
                source=Source.DRAWN,
                chosen_with=0.5,
                followed_at=now,
            )
        )
    yield id_
    owner = Database(embedded.migration_database_url)
    with owner.transaction() as session:
        for table in (FollowedDayRow, ScoredDays, ModelCheck, TrainingRun):
            session.execute(delete(table))
    owner.close()


def test_a_training_and_an_answer_need_no_javascript_ux_10_ux_18(
    browse: Open, database: Database, drawn: UUID, ward: Ward
) -> None:
    """UX-10: axe-core finds nothing with everything open, and nothing scrolls sideways."""
    login = f"chief-{uuid4().hex[:8]}"
    with database.transaction() as session:
        create_user(session, NewUser(login, "Dr Chief", PASSWORD, Role.SUPERVISOR), now=utc_now())
    chief = browse(java_script_enabled=False)
    sign_in(chief, login)
    visit(chief, "/models")
    chief.locator("#reason-retrain").fill("drift was marked")
    chief.get_by_role("button", name="Train a model").click()
    said = chief.locator("#trainings").inner_text()
    physician = browse(java_script_enabled=False)
    sign_in(physician, ward.username)
    visit(physician, "/digest")
    physician.get_by_role("link", name="Days to look back on").click()
    asked = physician.locator(f"#question-{drawn}").inner_text()
    looked = browse(bypass_csp=True, viewport=SMALLEST)
    sign_in(looked, ward.username)
    faults, widths = [], []
    for path in ("/models", "/follow-up"):
        visit(looked, path)
        looked.evaluate(OPENED)
        faults += violations(looked, {"type": "tag", "values": TAGS})
        widths.append(looked.evaluate("document.documentElement.scrollWidth"))
    physician.get_by_role("button", name="No, not worse").click()

    assert "by Dr Chief: waits for its process" in said
    assert "Oh Malsun" in asked
    assert (faults, set(widths)) == ([], {SMALLEST["width"]})
    assert physician.get_by_role("status").filter(has_text="Your answer is kept").count()
    with database.transaction() as session:
        assert session.get_one(FollowedDayRow, drawn).outcome == "no"
        assert repository.live(session) is not None
