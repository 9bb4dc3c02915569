"""`patient`, `parked`, `client grant|revoke`: who is one person, and who speaks for whom."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from core import audit
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.errors import NotFoundError
from core.security import SYSTEM
from core.settings import Settings
from ingest.binding.service import set_grant
from ingest.leaving import repository as leaving
from ingest.merging import service as merging
from ingest.parking import repository as parking_rows
from ingest.parking import service as parking
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
    group.command("silenced")(silenced)
    cli.add_typer(group, name="patient")
    waiting = typer.Typer(help="Readings that wait for their patient.", no_args_is_help=True)
    waiting.command("list")(parked)
    waiting.command("drop")(drop)
    cli.add_typer(waiting, name="parked")
    clients = next(each for each in cli.registered_groups if each.name == "client").typer_instance
    if clients is not None:
        clients.command("grant")(grant)
        clients.command("revoke")(revoke)


@contextmanager
def transaction() -> Iterator[Session]:
    """Open one transaction on the configured or the embedded database."""
    with opened() as database, database.transaction() as session:
        yield session


@contextmanager
def opened() -> Iterator[Database]:
    """Open the configured or the embedded database."""
    with servers(Settings(), broker=False) as running:
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=1)
        try:
            yield database
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


def silenced() -> None:
    """Say by their ids whose monitoring a merge with a discharged record ended, and nothing else.

    A clinician of theirs decides: nobody is monitored against a wish, nor silent by mistake.
    """
    with transaction() as session:
        found, read = leaving.silenced(session), audit.Action.READ
        audit.record(session, SYSTEM, read, "discharge", now=utc_now(), patients=found)
    for each in found:
        typer.echo(str(each))


def grant(client: ClientName, patient: PatientId) -> None:
    """Let a bound integration speak for a patient whom it did not enrol."""
    _set(client, patient, granted=True)
    typer.echo(f"{client} may speak for {patient}")


def revoke(client: ClientName, patient: PatientId) -> None:
    """End that an integration may speak for a patient; its next request is refused."""
    _set(client, patient, granted=False)
    typer.echo(f"{client} may no longer speak for {patient}")


def parked() -> None:
    """Say how many Observations of each client wait, and since when; never whose."""
    now = utc_now()
    with transaction() as session:
        for each in parking_rows.summary(session):
            days = (now - each.oldest) / timedelta(days=1)
            typer.echo(f"{each.client}: {each.count} waiting, the oldest for {days:.1f} days")


def drop(
    client: ClientName,
    older: Annotated[float, typer.Option("--older-than", help="Days.", min=0)],
) -> None:
    """Forget what waits of an integration for longer than some days."""
    now = utc_now()
    with transaction() as session:
        before = now - timedelta(days=older)
        gone = parking.drop(session, SYSTEM, _client(session, client), before=before, now=now)
    typer.echo(f"{gone} dropped")


def _client(session: Session, name: str) -> UUID:
    client = session.scalar(select(Client.id).where(Client.name == name))
    if client is None:
        raise NotFoundError("no such client")
    return client


def _set(name: str, patient: UUID, *, granted: bool) -> None:
    with transaction() as session:
        pair = (_client(session, name), patient)
        set_grant(session, SYSTEM, pair, granted=granted, now=utc_now())
