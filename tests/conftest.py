"""Fixtures that start what is real: PostgreSQL, Valkey, the schema; and find the reference data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import Session

import app.migrate
from core.database import Database
from core.embedded import Servers, servers
from core.settings import Environment, Settings
from tests.running_system import System, running_system

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    data = tmp_path_factory.mktemp("wardlight")
    with servers(Settings(environment=Environment.TEST, data=data)) as running:
        yield running


@pytest.fixture(scope="session")
def database(embedded: Servers) -> Iterator[Database]:
    """Return the migrated database, as the application's role sees it."""
    app.migrate.upgrade(embedded.migration_database_url, app_role="wardlight_app")
    database = Database(embedded.database_url, field_keys=embedded.field_keys)
    yield database
    database.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.engine.connect() as connection, connection.begin() as outer:
        with Session(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
            info=database.info,
        ) as session:
            yield session
        outer.rollback()


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run the whole program as processes, with deadlines shortened for the tests."""
    # A RED that nobody acknowledges escalates after 15 minutes; here after 4.5 seconds.
    data = tmp_path_factory.mktemp("system")
    with running_system(data, WARDLIGHT_ESCALATION_SCALE="0.005") as running:
        yield running


@pytest.fixture(scope="session")
def reference_data() -> Path:
    folder = Path(os.environ.get("WARDLIGHT_REFERENCE_DATA", "../shared/data"))
    folder = folder if folder.is_absolute() else ROOT / folder
    if folder.is_dir():
        return folder
    if os.environ.get("CI"):
        pytest.fail(f"the reference data must be present in CI: {folder} is absent")
    pytest.skip(f"reference data absent: set WARDLIGHT_REFERENCE_DATA (looked in {folder})")
