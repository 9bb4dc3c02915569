"""`datamap`: which data are kept where, whose, what for, how long, and who may read them."""

from __future__ import annotations

import typer

from app.retention.data_map import page


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("datamap")(data_map)


def data_map() -> None:
    """Print the data map of this release, as docs/data-map.md has it."""
    typer.echo(page(), nl=False)
