"""Bring the schema to the newest revision, as the role that owns it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from app.audit_chain import turns
from core.database import Database, psycopg_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

FOLDER = Path(__file__).parent / "migrations"
LOCK_ID = 7_041_776  # any fixed number: two migrations at once wait for each other


def upgrade(owner_url: str, *, app_role: str, revision: str = "head") -> None:
    """Run the migrations up to a revision.

    A lock that is not granted in ten seconds ends the migration instead of holding up
    every request behind it (REL-30).
    """
    _run(owner_url, app_role, lambda config: command.upgrade(config, revision))
    if revision == "head":
        _count_on(owner_url)


def downgrade(owner_url: str, *, app_role: str, revision: str) -> None:
    """Go back to an earlier revision."""
    _run(owner_url, app_role, lambda config: command.downgrade(config, revision))


def check(owner_url: str, *, app_role: str) -> None:
    """Raise where the tables in code and in the database differ."""
    _run(owner_url, app_role, command.check)


def at_head(database: Database) -> bool:
    """Return whether the database is at the revision this program was written for."""
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory(str(FOLDER)).get_current_head()


def _count_on(owner_url: str) -> None:
    """Go on in the order of turns, where the database came from another server."""
    engine = create_engine(psycopg_url(owner_url), hide_parameters=True)
    try:
        with engine.begin() as connection:
            turns.catch_up(connection)
    finally:
        engine.dispose()


def knows(revision: str) -> bool:
    """Return whether this program has a revision of the schema."""
    scripts = ScriptDirectory(str(FOLDER))
    return revision in {each.revision for each in scripts.walk_revisions()}


def _run(owner_url: str, app_role: str, step: Callable[[Config], None]) -> None:
    engine = create_engine(psycopg_url(owner_url), hide_parameters=True)
    try:
        with engine.connect() as connection:
            _prepare(connection)
            step(_config(connection, app_role))
    finally:
        engine.dispose()


def _prepare(connection: Connection) -> None:
    """Wait for whoever migrates already; for nothing else longer than a moment.

    Both last as long as the connection: each revision is a transaction of its own, so that what
    one of them locks is not kept from everybody until the last is done (REL-30).
    """
    with connection.begin():
        connection.execute(text("select pg_advisory_lock(:id)"), {"id": LOCK_ID})
        connection.execute(text("set lock_timeout = '10s'"))


def _config(connection: Connection, app_role: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    config.attributes["app_role"] = app_role
    return config
