"""`import`: take in the copy of a person that `export` of another system wrote (SEC-43)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import select

from app.commands.people import opened
from app.copies.taking_in import LEFT, take_in
from core.clock import utc_now
from core.errors import NotFoundError
from core.security import Caller
from core.settings import Settings
from ingest.service import sender_of
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from app.copies.taking_in import TakenIn
    from ingest.receipt import Sender

SHOWN = 20


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("import")(import_)


def import_(
    folder: Annotated[Path, typer.Argument(help="What `wardlight export` wrote, as it is.")],
    client: Annotated[str, typer.Option(help="The integration in whose name it is taken in.")],
) -> None:
    """Take in a person with their readings, scores and what is contested of these.

    What the door refuses is named and left out, with status 1; a folder that is no copy is
    refused as a whole. The same copy again changes nothing.
    """
    settings = Settings()
    with opened() as database, database.transaction() as session:
        now = utc_now()
        made = take_in(session, _sender(session, client, settings), folder, now=now)
    for line in told(made):
        typer.echo(line)
    if made.refused:
        raise typer.Exit(1)


def _sender(session: Session, name: str, settings: Settings) -> Sender:
    row = session.scalar(select(Client).where(Client.name == name))
    if row is None:
        raise NotFoundError(f"no such integration: {name}")
    caller = Caller("client", row.id, scopes=frozenset(map(str, row.scopes)))
    base, zone = settings.fhir_base, settings.site_timezone
    return sender_of(session, caller, base=base, site_zone=zone)


def told(made: TakenIn) -> Iterator[str]:
    """Yield what became of it: counts and ids of entries, and nothing of anybody."""
    said = ", ".join(f"{count} answered {status}" for status, count in sorted(made.answers.items()))
    yield f"resources: {said}"
    yield f"scores: {made.scores} taken over; contested scores: {made.contests} taken over"
    yield f"readings that count for several: {made.counted}"
    for table, count in made.left.items():
        yield f"not taken over: {count} of {table}: {LEFT[table]}"
    for line in made.refused[:SHOWN]:
        yield f"refused: {line}"
    if len(made.refused) > SHOWN:
        yield f"refused: {len(made.refused) - SHOWN} more"
