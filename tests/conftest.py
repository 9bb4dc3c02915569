"""Fixtures that start what is real: PostgreSQL, Valkey, the schema; and find the reference data."""

from __future__ import annotations

import importlib
import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from core.database import Base, Database, psycopg_url
from core.embedded import Servers, servers
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
TABLES = (
    "core.outbox",
    "core.audit",
    "ingest.tables",
    "monitoring.tables",
    "alerts.tables",
    "app.accounts.tables",
)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    data = tmp_path_factory.mktemp("wardlight")
    with servers(Settings(environment=Environment.TEST, data=data)) as running:
        yield running


@pytest.fixture(scope="session")
def database(embedded: Servers) -> Iterator[Database]:
    owner = create_engine(psycopg_url(embedded.migration_database_url))
    for module in TABLES:
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module)
    Base.metadata.create_all(owner)
    with owner.begin() as connection:
        connection.execute(
            text(
                "grant select, insert, update, delete on all tables in schema public"
                " to wardlight_app"
            )
        )
        connection.execute(text("grant usage on all sequences in schema public to wardlight_app"))
    owner.dispose()
    db = Database(embedded.database_url)
    yield db
    db.close()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.engine.connect() as connection, connection.begin() as outer:
        with Session(
            connection, expire_on_commit=False, join_transaction_mode="create_savepoint"
        ) as session:
            yield session
        outer.rollback()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    folder = Path(os.environ.get("WARDLIGHT_REFERENCE_DATA", "../shared/data"))
    folder = folder if folder.is_absolute() else ROOT / folder
    if folder.is_dir():
        return folder
    if os.environ.get("CI"):
        pytest.fail(f"the reference data must be present in CI: {folder} is absent")
    pytest.skip(f"reference data absent: set WARDLIGHT_REFERENCE_DATA (looked in {folder})")
