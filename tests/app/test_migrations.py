"""The migrations make the tables that the code describes, and can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, Engine, event

import app.migrate
from core.database import Database
from core.embedded import Servers, servers
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLE = "wardlight_app"


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    data: Path = tmp_path_factory.mktemp("migrations")
    with servers(Settings(environment=Environment.TEST, data=data), broker=False) as running:
        yield running


def test_migrations_and_tables_agree_and_one_step_can_be_undone(owner: Servers) -> None:
    url = owner.migration_database_url

    app.migrate.upgrade(url, app_role=ROLE)
    app.migrate.check(url, app_role=ROLE)
    database = Database(owner.database_url)
    assert app.migrate.at_head(database)
    app.migrate.downgrade(url, app_role=ROLE, revision="0007")
    assert not app.migrate.at_head(database)
    app.migrate.upgrade(url, app_role=ROLE)

    assert app.migrate.at_head(database)
    database.close()


def test_each_revision_is_a_transaction_so_that_none_holds_the_locks_of_another_rel_30(
    owner: Servers,
) -> None:
    url = owner.migration_database_url
    app.migrate.upgrade(url, app_role=ROLE)
    app.migrate.downgrade(url, app_role=ROLE, revision="0041")
    ended: list[Connection] = []

    def note(connection: Connection) -> None:
        ended.append(connection)

    event.listen(Engine, "commit", note)
    try:
        app.migrate.upgrade(url, app_role=ROLE, revision="0043")
    finally:
        event.remove(Engine, "commit", note)

    app.migrate.upgrade(url, app_role=ROLE)
    assert len(ended) == 3  # the lock of whoever migrates, and the two revisions
