"""`user add|invite|disable|code`: who may sign in; production has no passwords: no `add`."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

import app.migrate
from app.accounts import organisation, proving, second_factor
from app.accounts import service as accounts
from app.accounts.service import NewUser
from app.oidc.proof import Identity
from app.staff import service as staff
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.errors import ForbiddenError, InvalidError, NotFoundError
from core.security import SYSTEM, Role
from core.settings import Environment, Settings
from ingest.repository import clinicians

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

Name = Annotated[str, typer.Argument(help="The user name: short, and the person's own.")]
Enrolled = Annotated[UUID, typer.Option(help="Id of the enrolled Practitioner.")]
RoleOf = Annotated[Role, typer.Option(help="What the person may do.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Accounts of clinicians.", no_args_is_help=True)
    group.command("add")(add)
    group.command("invite")(invite)
    group.command("disable")(disable)
    group.command("code")(renew_code)
    cli.add_typer(group, name="user")


def add(
    username: Name,
    practitioner: Enrolled,
    password: Annotated[str, typer.Option(prompt=True, hide_input=True, help="15 or more.")],
    role: RoleOf = Role.PHYSICIAN,
) -> None:
    """Create a local account for a practitioner who was enrolled through the FHIR door."""
    settings = Settings()
    if settings.environment is Environment.PRODUCTION:
        raise ForbiddenError("local accounts exist only outside production (SEC-05)")
    with _transaction(settings) as session:
        new = NewUser(username, _name(session, practitioner), password, role, practitioner)
        accounts.create_user(session, new, now=utc_now())
        secret = proving.enrol(session, username, now=utc_now())
    typer.echo(f"{username} may sign in as {role}")
    if secret:
        _tell(secret, username)


def renew_code(username: Name) -> None:
    """Print a new secret for somebody's authenticator app; it ends the one before and sessions."""
    with _transaction(Settings()) as session:
        secret = proving.renew(session, username, now=utc_now())
    _tell(secret, username)


def _tell(secret: str, username: str) -> None:
    typer.echo(f"with a code of an authenticator app, whose secret is {secret}")
    typer.echo(second_factor.address(secret, username))


def invite(
    username: Name,
    practitioner: Enrolled,
    role: RoleOf = Role.PHYSICIAN,
    subject: Annotated[
        str, typer.Option(help="The person's `sub` at the provider, where it is known.")
    ] = "",
) -> None:
    """Let a practitioner sign in at the organisation; print the one-time link to hand over."""
    settings = Settings()
    if not settings.oidc_issuer:
        raise InvalidError("set WARDLIGHT_OIDC_ISSUER and WARDLIGHT_OIDC_CLIENT_ID first")
    with _transaction(settings) as session:
        new = NewUser(username, _name(session, practitioner), "", role, practitioner)
        if subject:
            identity = Identity(settings.oidc_issuer, subject)
            organisation.admit(session, new, identity, now=utc_now())
            typer.echo(f"{username} may sign in as {role}")
            return
        secret = organisation.invite(session, new, now=utc_now())
    days = organisation.INVITATION_LASTS.days
    typer.echo(f"{username} may sign in as {role} with this link, once, within {days} days:")
    typer.echo(f"{settings.base_url.rstrip('/')}/sign-in/invited/{secret}")


def disable(username: Name) -> None:
    """Close an account and end its sessions at once."""
    with _transaction(Settings()) as session:
        user = accounts.named(session, username)
        staff.disable(session, SYSTEM, user.id, now=utc_now())
    typer.echo(f"{username} may not sign in any more")


@contextmanager
def _transaction(settings: Settings) -> Iterator[Session]:
    with servers(settings, broker=False) as running:
        if settings.database_url is None:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=1)
        with database.transaction() as session:
            yield session
        database.close()


def _name(session: Session, practitioner: UUID) -> str:
    names = clinicians(session, [practitioner])
    if not names:
        raise NotFoundError("no such practitioner is enrolled")
    return names[practitioner]
