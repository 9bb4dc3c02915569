"""`dead list|resubmit|discard`: work that was given up and waits for a person."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from app import dead_letters
from app.commands.people import transaction
from core.clock import utc_now
from core.security import SYSTEM

Work = Annotated[UUID, typer.Argument(help="The id of the work, as `dead list` prints it.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Work that was given up and waits.", no_args_is_help=True)
    group.command("list")(listed)
    group.command("resubmit")(resubmit)
    group.command("discard")(discard)
    cli.add_typer(group, name="dead")


def listed() -> None:
    """Print what was given up: id, what was to be done, tries, the kind of error, since when."""
    with transaction() as session:
        found = dead_letters.letters(session)
        for each in found.shown:
            since = each.created_at.isoformat(timespec="seconds")
            typer.echo(
                f"{each.id}  {each.words}; {each.attempts} tries, {each.cause}, since {since}"
            )
    if found.total > len(found.shown):
        typer.echo(f"these are the first {len(found.shown)} of {found.total}")


def resubmit(work: Work) -> None:
    """Let it be tried again from the start."""
    with transaction() as session:
        dead_letters.resubmit(session, SYSTEM, work, now=utc_now())
    typer.echo(f"{work} is tried again")


def discard(
    work: Work, reason: Annotated[str, typer.Option(help="Why; kept with the work.")]
) -> None:
    """Give it up for good."""
    with transaction() as session:
        dead_letters.discard(session, SYSTEM, work, reason, now=utc_now())
    typer.echo(f"{work} is discarded")
