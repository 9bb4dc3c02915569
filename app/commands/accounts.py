"""`user add`: a local account for a clinician; production signs in elsewhere and refuses it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

import app.migrate
from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.errors import ForbiddenError, NotFoundError
from core.security import Role
from core.settings import Environment, Settings
from ingest.repository import clinicians


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Local accounts of clinicians.", no_args_is_help=True)
    group.command("add")(add)
    cli.add_typer(group, name="user")


def add(
    username: Annotated[str, typer.Argument(help="What the person types to sign in.")],
    practitioner: Annotated[UUID, typer.Option(help="Id of the enrolled Practitioner.")],
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, help="15 or more.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")] = Role.PHYSICIAN,
) -> None:
    """Create a local account for a practitioner who was enrolled through the FHIR door."""
    settings = Settings()
    if settings.environment is Environment.PRODUCTION:
        raise ForbiddenError("local accounts exist only outside production (SEC-05)")
    with servers(settings, broker=False) as running:
        if settings.database_url is None:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=1)
        with database.transaction() as session:
            names = clinicians(session, [practitioner])
            if not names:
                raise NotFoundError("no such practitioner is enrolled")
            new = NewUser(username, names[practitioner], password, role, practitioner)
            create_user(session, new, now=utc_now())
        database.close()
    typer.echo(f"{username} may sign in as {role}")
