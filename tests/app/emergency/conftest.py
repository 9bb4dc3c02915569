"""Pages with a data folder of their own, and somebody who has a patient open in an emergency."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

import app.pages.router
from app.accounts.repository import by_username
from core.clock import utc_now
from core.spool import Spool
from ingest.access.tables import EmergencyAccess
from tests.app.conftest import SETTINGS
from tests.app.emergency.away import HIDDEN
from tests.ward import Ward, keep_alive

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database

Enter = Callable[[str], TestClient]


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("away") / "data"


@pytest.fixture(scope="package")
def pages_here(database: Database, folder: Path) -> FastAPI:
    web = FastAPI()
    app.pages.router.mount(web, database, SETTINGS.model_copy(update={"data": folder}))
    return web


@pytest.fixture
def spool(folder: Path) -> Spool:
    """Return the spool of the pages, in which nothing waits yet."""
    if folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    return Spool.of(folder)


@pytest.fixture
def web(database: Database, ward: Ward, spool: Spool, pages_here: FastAPI) -> FastAPI:
    _ = spool
    keep_alive(database, now=ward.now)
    return pages_here


@pytest.fixture
def client(database: Database, ward: Ward, enter: Enter) -> TestClient:
    """Let somebody have one patient open in an emergency."""
    client, now = enter(ward.username), utc_now()
    with database.transaction() as session:
        session.execute(text("update emergency_access set ended_at = now() where ended_at is null"))
        user = by_username(session, ward.username)
        assert user is not None
        session.add(
            EmergencyAccess(
                id=uuid4(),
                user_id=user.id,
                patient_id=ward.patients[HIDDEN],
                reason="emergency",
                text=b"",
                began_at=now,
                until=now.replace(year=now.year + 1),
                review=b"",
            )
        )
    return client
