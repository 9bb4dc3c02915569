"""`up`: the whole system in the foreground; `migrate`: its schema."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

import app.migrate
from app.claim import claimed, need_free
from app.lifeline import stopped_by_signal
from app.staff import starting
from app.supervisor import Supervisor, parts
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.logging import configure, logger
from core.secret_files import found_in, setting_of
from core.security import new_secret
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

log = logger(__name__)

Port = Annotated[int, typer.Option(min=1, max=65535, help="Where the API and the pages listen.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("up")(up)
    cli.command("migrate")(migrate)


@contextmanager
def whole_system(settings: Settings, *, host: str, port: int) -> Iterator[Supervisor]:
    """Yield a supervisor for every part, on servers that are running and migrated.

    Raises
    ------
    ConflictError
        Where the port is taken, or another system runs on the data folder.
    """
    need_free(host, port)
    with claimed(settings.data), servers(settings) as running:
        app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
        base_url = (
            settings.base_url
            if "base_url" in settings.model_fields_set
            else f"http://{host}:{port}"
        )
        address = settings.address_file
        address.write_text(base_url)
        try:
            yield Supervisor(
                parts(host=host, port=port, workers=settings.worker_processes),
                handed_on(running.environment(), base_url=base_url, made=secret(settings)),
                watched=running.watched,
            )
        finally:
            address.unlink(missing_ok=True)


def handed_on(
    found: Mapping[str, str], *, base_url: str, made: Mapping[str, str]
) -> dict[str, str]:
    """Return what the parts get by their environment: nothing that a file holds (SEC-29).

    Field keys least of all: each part reads them where this process did, and opens them itself.
    """
    said = {**found, "WARDLIGHT_BASE_URL": base_url, **made}
    del said["WARDLIGHT_FIELD_KEYS"]
    return {name: value for name, value in said.items() if found_in(setting_of(name)) is None}


def secret(settings: Settings) -> dict[str, str]:
    """Return where the key stands that the parts share, if one was made for this data folder."""
    if settings.secret_key:
        return {}
    path = settings.data / "secret.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(new_secret())
    return {"WARDLIGHT_SECRET_KEY_FILE": str(path.resolve())}


def up(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run the whole system in the foreground, with embedded servers where none are configured."""
    settings = Settings()
    configure(settings)
    with stopped_by_signal() as stop, whole_system(settings, host=host, port=port) as supervisor:
        made = supervisor.environment
        invite_first(made["WARDLIGHT_DATABASE_URL"], made["WARDLIGHT_BASE_URL"])
        log.info("wardlight is starting", address=f"http://{host}:{port}")
        supervisor.run(stop)


def invite_first(database_url: str, base_url: str) -> None:
    """Print the link on which the first administrator is made, while there is none (SEC-08)."""
    database = Database(database_url, pool_size=1)
    try:
        with database.transaction() as session:
            secret = starting.open_link(session, now=utc_now())
    finally:
        database.close()
    if secret is not None:
        typer.echo(starting.said(secret, base_url))


def migrate(
    check: Annotated[bool, typer.Option(help="Only compare tables in code and database.")] = False,
) -> None:
    """Bring the database schema to the newest revision, as its owner."""
    settings = Settings()
    configure(settings)
    with servers(settings, broker=False) as running:
        url = running.migration_database_url
        if check:
            app.migrate.check(url, app_role=settings.app_role)
        else:
            app.migrate.upgrade(url, app_role=settings.app_role)
            invite_first(url, settings.base_url)
        typer.echo(
            "the schema agrees with the code" if check else "the schema is at its newest revision"
        )
