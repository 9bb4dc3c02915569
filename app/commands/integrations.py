"""`client list|rotate|retire|suspend|resume|sent`: integrations, as the pages change them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import select

from app.commands.people import transaction
from app.staff import integrations
from core.clock import utc_now
from core.errors import NotFoundError
from core.security import SYSTEM
from ingest.tables import Client

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

Name = Annotated[str, typer.Argument(help="The integration's name.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the group of integrations."""
    clients = next(each for each in cli.registered_groups if each.name == "client").typer_instance
    if clients is None:
        return
    for name, command in (("list", listed), ("rotate", rotate), ("retire", retire)):
        clients.command(name)(command)
    clients.command("suspend")(suspend)
    clients.command("resume")(resume)
    clients.command("sent")(sent)


def listed() -> None:
    """Print every integration: name, state, when it was last heard."""
    with transaction() as session:
        for each in integrations.listing(session, SYSTEM, now=utc_now()):
            last = f"{each.last_seen:%Y-%m-%d %H:%M} UTC" if each.last_seen else "never"
            typer.echo(f"{each.name}  {'suspended' if each.suspended else 'let in'}  {last}")


def rotate(name: Name) -> None:
    """Print a new private key, once; the keys before it hold for another week."""
    with transaction() as session:
        key = integrations.rotate(session, SYSTEM, _client(session, name), now=utc_now())
    typer.echo(json.dumps(key))


def retire(name: Name) -> None:
    """End at once the keys that a newer one follows."""
    with transaction() as session:
        integrations.retire_old(session, SYSTEM, _client(session, name), now=utc_now())
    typer.echo(f"the old keys of {name} open nothing any more")


def suspend(name: Name) -> None:
    """Refuse an integration from its next request on."""
    _set(name, suspended=True)
    typer.echo(f"{name} is refused from its next request on")


def resume(name: Name) -> None:
    """Let a suspended integration in again."""
    _set(name, suspended=False)
    typer.echo(f"{name} is let in again")


def sent(name: Name) -> None:
    """Say what an integration sent in the last 14 days; never whose."""
    with transaction() as session:
        client = _client(session, name)
        days, reasons = integrations.sent(session, SYSTEM, client, now=utc_now())
    for each in days:
        typer.echo(f"{each.day}: {each.taken} let through, {each.refused} refused")
    for why, count in sorted(reasons.items()):
        typer.echo(f"refused with {why}: {count}")


def _set(name: str, *, suspended: bool) -> None:
    with transaction() as session:
        client = _client(session, name)
        integrations.suspend(session, SYSTEM, client, suspended=suspended, now=utc_now())


def _client(session: Session, name: str) -> UUID:
    client = session.scalar(select(Client.id).where(Client.name == name))
    if client is None:
        raise NotFoundError("no such client")
    return client
