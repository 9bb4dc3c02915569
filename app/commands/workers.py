"""`workers list|forget`: the groups of workers that are expected to complete work."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import select

from app.commands.people import transaction
from app.watching import groups
from app.watching.tables import WorkerGroup

Name = Annotated[str, typer.Argument(help="The group, as `workers list` prints it.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Groups of workers that are expected.", no_args_is_help=True)
    group.command("list")(listed)
    group.command("forget")(forget)
    cli.add_typer(group, name="workers")


def listed() -> None:
    """Print each group by the queues that it reads, and when it last completed a row of its own."""
    with transaction() as session:
        for each in session.scalars(select(WorkerGroup).order_by(WorkerGroup.name)):
            typer.echo(f"{each.name}  {each.progress_at.isoformat(timespec='seconds')}")


def forget(name: Name) -> None:
    """Expect a group no more, because it is gone for good."""
    with transaction() as session:
        groups.forget(session, name)
    typer.echo(f"{name} is no longer expected")
