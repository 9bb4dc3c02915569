"""Real PostgreSQL and Valkey, with roles that can do no more than their work."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
import redis

from core.database import Database, durability_faults, superuser
from core.embedded import Servers, field_keys, servers
from core.errors import InvalidError
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_neither_role_is_a_superuser_and_the_server_keeps_what_it_acknowledges_rel_04(
    embedded: Servers,
) -> None:
    for url in (embedded.database_url, embedded.migration_database_url):
        database = Database(url)

        assert not superuser(database)
        assert durability_faults(database) == []
        database.close()


def test_the_application_role_can_neither_create_tables_nor_change_the_audit_sec_18(
    embedded: Servers, database: Database
) -> None:
    assert database.ping()
    with psycopg.connect(embedded.database_url) as connection:
        for statement in (
            "create table mine (id int)",
            "update audit_event set outcome = 'success'",
            "delete from audit_event",
            "truncate audit_event",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


def test_valkey_answers_and_keeps_nothing(embedded: Servers) -> None:
    client = redis.Redis.from_url(embedded.broker_url)

    assert client.ping()
    assert client.config_get("save") == {"save": ""}
    client.close()


def test_production_refuses_embedded_servers(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path).model_copy(update={"environment": Environment.PRODUCTION})

    with pytest.raises(RuntimeError, match="refused in production"), servers(settings):
        pass


def test_no_fresh_field_keys_are_made_beside_data_of_others_sec_27(tmp_path: Path) -> None:
    settings = Settings(environment=Environment.TEST, data=tmp_path)
    made = field_keys(settings)
    (tmp_path / "postgres").mkdir()
    again = field_keys(settings)
    (tmp_path / "field-keys").unlink()

    with pytest.raises(InvalidError, match="field-keys is missing") as refused:
        field_keys(settings)

    assert refused.value.field == "WARDLIGHT_FIELD_KEYS"
    assert made == again
    assert [each.name for each in tmp_path.iterdir()] == ["postgres"]


def test_what_was_started_is_stopped_and_starts_again_with_its_data(tmp_path: Path) -> None:
    settings = Settings(environment=Environment.TEST, data=tmp_path)
    with servers(settings) as running:
        owner = running.migration_database_url
        with psycopg.connect(owner) as connection:
            connection.execute("create table kept as select 7 as n")

    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(owner)
    with servers(settings) as running, psycopg.connect(running.migration_database_url) as again:
        assert again.execute("select n from kept").fetchone() == (7,)


def test_an_embedded_server_that_died_is_started_again_on_its_address(tmp_path: Path) -> None:
    settings = Settings(environment=Environment.TEST, data=tmp_path)
    with servers(settings) as running:
        assert [look() for look in running.watched] == ["", ""]
        pids = [
            psutil.Process(int((tmp_path / file).read_text().split()[0]))
            for file in ("postgres/postmaster.pid", "broker.pid")
        ]
        os.kill(pids[0].pid, signal.SIGQUIT)  # an immediate stop: recovery at the next start
        os.kill(pids[1].pid, signal.SIGKILL)
        pids[0].wait(timeout=20)

        revived = [look() for look in running.watched]

        assert revived == ["postgresql", "valkey"]
        assert [look() for look in running.watched] == ["", ""]
        with psycopg.connect(running.database_url) as connection:
            assert connection.execute("select 7").fetchone() == (7,)
        client = redis.Redis.from_url(running.broker_url)
        assert client.ping()
        client.close()
