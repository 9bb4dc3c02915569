"""`retention`: what would be taken away now, or taking it away without waiting for the schedule."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands.people import opened
from app.retention import service
from app.retention.kinds import KINDS
from app.retention.terms import stated
from core.errors import InvalidError


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("retention")(retention)


def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go now, and take nothing.")
    ] = False,
    keys: Annotated[
        str, typer.Option(help="With --dry-run: the keys of the rows of one kind that would go.")
    ] = "",
) -> None:
    """Take away what its time is over for; the schedule does the same by itself."""
    if keys and (not dry_run or keys not in KINDS):
        kinds = ", ".join(KINDS)
        raise InvalidError(f"--keys goes with --dry-run and names a kind: {kinds}", field="keys")
    with opened() as database:
        if not dry_run:
            for kind, removed in service.run(database):
                typer.echo(f"{kind}: {removed} rows removed")
            return
        now = database.now()
        with database.transaction() as session:
            if keys:
                for table, found in service.keys(session, keys, now=now).items():
                    for key in found:
                        typer.echo(f"{table}  {' '.join(map(str, key))}")
                return
            typer.echo(f"terms of {stated().reviewed}, version {stated().version}")
            for due in service.dry_run(session, now=now):
                for going in due.going:
                    since = f"{going.oldest:%Y-%m-%d}" if going.oldest else "-"
                    typer.echo(
                        f"{due.term.name}  {going.table}  after {due.term.days} days: "
                        f"{going.rows} rows would go, the oldest of {since}"
                    )
