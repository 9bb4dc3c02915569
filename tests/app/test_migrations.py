"""The migrations make the tables that the code describes, and can be undone."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Engine, event, text

import app.migrate
from core.clock import utc_now
from core.database import Database
from core.embedded import Servers, servers
from core.settings import Environment, Settings
from ingest.tables import Patient
from tests.running_system import until

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


def test_an_index_that_is_built_waits_for_no_writer_and_keeps_none_rel_30(owner: Servers) -> None:
    """A transaction that writes stands open: others write all the same while the index waits."""
    url = owner.migration_database_url
    app.migrate.upgrade(url, app_role=ROLE)
    app.migrate.downgrade(url, app_role=ROLE, revision="0043")
    database = Database(owner.database_url)
    built = Thread(target=app.migrate.upgrade, args=(url,), kwargs={"app_role": ROLE})
    with database.engine.connect() as first, first.begin():
        offer(first)
        built.start()
        until(lambda: waiting(database), within=30, what="the index waits for the first")
        began = time.monotonic()
        with database.engine.connect() as second, second.begin():
            second.execute(text("set local lock_timeout = '5s'"))
            offer(second)
        waited = time.monotonic() - began
    built.join(timeout=60)

    assert waited < 1
    assert app.migrate.at_head(database)
    database.close()


TOLD_BEFORE = """
insert into alert (id, patient_id, problem, severity, state, version, fence, started_at,
    last_seen_at, last_found_at, opened_at, policy_hash, policy)
values ('ID', 'ID', 'fluid', 'AMBER', 'resolved', 1, 0, now(), now(), now(), now(), '', '{}');
insert into step (id, alert_id, position, kind, due_at, fence, state, to_kind, channel, reason)
values ('ID', 'ID', 0, 'notify', now(), 0, 'fired', 'responsible', 'email', 'first');
insert into delivery (id, alert_id, step_id, recipient, channel, severity, state, public_id,
    attempts, created_at)
select gen_random_uuid(), 'ID', 'ID', n::text, 'email', 'AMBER', 'delivered',
    gen_random_uuid()::text, 1, now() from generate_series(1, 3) n
"""
WHOSE = """
select count(*) filter (where told.patient_id = alert.patient_id), count(*)
from delivery told join alert on alert.id = told.alert_id
"""


def tell(database: Database) -> None:
    """Raise an alert of somebody new and tell of it thrice, as a program of 0095 does."""
    who = Patient(id=uuid4(), created_at=utc_now())
    with database.transaction() as session:
        session.add(who)
        session.flush()
        session.connection().exec_driver_sql(TOLD_BEFORE.replace("ID", str(who.id)))


def test_messages_of_before_and_of_the_version_before_are_known_by_their_alert_rel_30(
    owner: Servers,
) -> None:
    """What says nothing of it afterwards is written down by the database."""
    url = owner.migration_database_url
    app.migrate.upgrade(url, app_role=ROLE)
    app.migrate.downgrade(url, app_role=ROLE, revision="0095")
    database = Database(url)
    tell(database)

    app.migrate.upgrade(url, app_role=ROLE)
    tell(database)
    with database.engine.connect() as connection:
        found = connection.execute(text(WHOSE)).one()
    database.close()

    assert tuple(found) == (6, 6)


def offer(connection: Connection) -> None:
    connection.execute(
        text(
            "insert into outbox (id, topic, subject_id, state, priority, attempts, next_try_at,"
            " fence, created_at) values (gen_random_uuid(), 'probe', gen_random_uuid(), 'open', 5,"
            " 0, now(), 0, now())"
        )
    )


def waiting(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(
            connection.scalar(
                text("select count(*) from pg_locks where not granted and locktype = 'virtualxid'")
            )
        )
