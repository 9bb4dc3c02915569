"""The page of models shows what is watched of a model, and lets a supervisor have one trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from app.accounts.service import NewUser, create_user
from app.model_watch import repository as watched
from app.model_watch import service as watch
from app.retraining import repository, service
from app.retraining.states import RunState, Stage, Why
from core.clock import utc_now
from core.security import Role
from monitoring.drift import Drift
from monitoring.features import FEATURES
from monitoring.live_calibration import Scored, calibrated
from monitoring.service import load_model
from tests.app.conftest import csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Invented, Ward

PEOPLE: tuple[Invented, ...] = ()
Enter = Callable[[str], "TestClient"]


@pytest.fixture(autouse=True)
def nothing_is_left(embedded: Servers) -> Iterator[None]:
    """Leave no run and no finding for the page that other tests read."""
    yield
    with psycopg.connect(embedded.migration_database_url, autocommit=True) as connection:
        for table in ("training_run", "model_check", "scored_days"):
            connection.execute(sql.SQL("delete from {}").format(sql.Identifier(table)))


@pytest.fixture
def supervisor(database: Database, enter: Enter, ward: Ward) -> TestClient:
    login = f"supervisor-{uuid4().hex[:8]}"
    with database.transaction() as session:
        create_user(session, NewUser(login, "Ms Oh", PASSWORD, Role.SUPERVISOR), now=ward.now)
    return enter(login)


def run_of(database: Database) -> UUID:
    with database.transaction() as session:
        run = repository.live(session)
    assert run is not None
    return run.id


def test_a_supervisor_has_a_model_trained_and_sees_how_far_it_is(
    database: Database, supervisor: TestClient
) -> None:
    page = supervisor.get("/models").text
    fields = {"csrf": csrf(page), "reason": "drift was marked"}
    begun = supervisor.post("/models/retrain", data=fields)
    twice = supervisor.post("/models/retrain", data=fields)
    run_id = run_of(database)
    with database.transaction() as session:
        service.take_up(session, run_id, now=utc_now())
        service.beat(session, run_id, Stage.DESCRIBING, 0.42, now=utc_now())
    running = supervisor.get("/models").text
    cancelled = supervisor.post(f"/models/runs/{run_id}/cancel", data=fields)
    ended = supervisor.get("/models").text

    assert (begun.status_code, twice.status_code, cancelled.status_code) == (303, 409, 303)
    assert 'action="/models/retrain"' in page
    assert 'action="/models/retrain"' not in running
    assert "by Ms Oh: is running" in running
    assert "drift was marked" in running
    assert 'value="42"' in running
    assert "simulating and describing people" in running
    assert "cancelled by Ms Oh" in ended


def test_why_a_training_failed_is_said(
    database: Database, enter: Enter, ward: Ward, supervisor: TestClient
) -> None:
    fields = {"csrf": csrf(supervisor.get("/models").text), "reason": "once more"}
    supervisor.post("/models/retrain", data=fields)
    run_id = run_of(database)
    with database.transaction() as session:
        service.fail(session, run_id, Why.LOST, now=utc_now())
        found = repository.one(session, run_id)

    page = enter(ward.username).get("/models").text

    assert found is not None
    assert found.state is RunState.FAILED
    assert "its process ended without a word" in page
    assert 'action="/models/retrain"' not in page  # a physician reads and does not ask


def test_drift_and_calibration_of_the_model_that_judges_are_shown(
    database: Database, enter: Enter, ward: Ward
) -> None:
    model = load_model()
    assert model is not None
    moved = [
        {"feature": FEATURES[0].name, "index": 0.31, "noise": 0.05, "word": Drift.MARKED},
        {"feature": FEATURES[1].name, "index": 0.02, "noise": 0.05, "word": Drift.NONE},
        {"feature": FEATURES[2].name, "index": 0.01, "noise": 0.5, "word": Drift.NOT_ENOUGH},
    ]
    with database.transaction() as session:
        now = utc_now()
        found = {"people": 1234, "shares_known": True, "moved": moved}
        watched.keep(session, watch.DRIFT, model.id, now.date(), at=now, found=found)
        scored = {2: Scored(1000, 35.0, 0, 400, 350.0), 3: Scored(10, 0.7, 0, 9, 8.5)}
        bands = [asdict(band) for band in calibrated(scored, [])]
        looked = {"bands": bands, "left_out": 6, "gone": 7}
        watched.keep(session, watch.CALIBRATION, model.id, now.date(), at=now, found=looked)
    client = enter(ward.username)

    page = client.get("/models").text
    client.cookies.set("wardlight-language", "ko")
    korean = client.get("/models").text

    assert "1,234 people with a score" in page
    assert "has moved markedly" in page
    assert "not enough people to tell" in page
    drift = page[page.index('id="drift"') : page.index('id="calibration"')]
    assert drift.index("0.31") < drift.index("0.02")
    assert "2% to 5%" in page
    assert "cannot tell" in page
    assert "6 days were left out" in page
    assert "7 days count no longer and are missing in all columns" in page
    assert "답변을 받은 사람이 20명 미만" in korean
    assert "뚜렷이 변함" in korean
