"""`patient merge|unmerge`, `client grant|revoke`: who is one person, and who speaks for whom."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.errors import NotFoundError
from core.security import SYSTEM
from core.settings import Settings
from ingest.binding.service import set_grant
from ingest.merging import service as merging
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

PatientId = Annotated[UUID, typer.Argument(help="The patient's id.")]
ClientName = Annotated[str, typer.Argument(help="The integration's name.")]


def register(cli: typer.Typer) -> None:
    """Add the commands; those of clients join the group that is there."""
    group = typer.Typer(help="Records of patients.", no_args_is_help=True)
    group.command("merge")(merge)
    group.command("unmerge")(unmerge)
    cli.add_typer(group, name="patient")
    clients = next(each for each in cli.registered_groups if each.name == "client").typer_instance
    if clients is not None:
        clients.command("grant")(grant)
        clients.command("revoke")(revoke)


@contextmanager
def transaction() -> Iterator[Session]:
    """Open one transaction on the configured or the embedded database."""
    with servers(Settings(), broker=False) as running:
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=1)
        try:
            with database.transaction() as session:
                yield session
        finally:
            database.close()


def merge(
    survivor: PatientId,
    other: Annotated[UUID, typer.Argument(help="The record that joins it.")],
    reason: Annotated[str, typer.Option(help="Why these are one person; kept sealed.")],
) -> None:
    """Let one record stand for two; nothing moves, and `patient unmerge` takes it back."""
    with transaction() as session:
        merging.merge(session, SYSTEM, survivor, other, reason=reason, now=utc_now())
    typer.echo(f"{other} is seen as {survivor} from now on")


def unmerge(
    other: Annotated[UUID, typer.Argument(help="The record that was merged into another.")],
) -> None:
    """Let a merged record stand for itself again."""
    with transaction() as session:
        survivor = merging.unmerge(session, SYSTEM, other, now=utc_now())
    typer.echo(f"{other} and {survivor} are two people again")


def grant(client: ClientName, patient: PatientId) -> None:
    """Let a bound integration speak for a patient whom it did not enrol."""
    _set(client, patient, granted=True)
    typer.echo(f"{client} may speak for {patient}")


def revoke(client: ClientName, patient: PatientId) -> None:
    """End that an integration may speak for a patient; its next request is refused."""
    _set(client, patient, granted=False)
    typer.echo(f"{client} may no longer speak for {patient}")


def _set(name: str, patient: UUID, *, granted: bool) -> None:
    with transaction() as session:
        client = session.scalar(select(Client.id).where(Client.name == name))
        if client is None:
            raise NotFoundError("no such client")
        set_grant(session, SYSTEM, (client, patient), granted=granted, now=utc_now())
