"""`doctor`: everything that an installation stands on, each with how it is mended."""

from __future__ import annotations

import typer
from pydantic import ValidationError

from app.doctor.findings import Verdict
from app.doctor.looking import everything
from core.embedded import servers
from core.settings import Settings


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("doctor")(run_doctor)


def run_doctor() -> None:
    """Look at servers, roles, TLS, secrets, clock, disk, files, mail and keys.

    Exit code 1 where something is refused: a process would not start, or would not do its job.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            for line in fault["msg"].removeprefix("Value error, ").splitlines():
                where = "".join(f"{part}: " for part in fault["loc"])
                typer.echo(f"{Verdict.REFUSED:<8}settings: {where}{line}")
        raise typer.Exit(1) from None
    with servers(settings) as running:
        found = list(everything(settings, running))
    for each in found:
        typer.echo(str(each))
    if any(each.verdict is Verdict.REFUSED for each in found):
        raise typer.Exit(1)
