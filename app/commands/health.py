"""`health`: whether the system can do its job, for whoever watches it from outside."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app import health
from core.database import Database
from core.errors import InvalidError
from core.settings import Settings


class Part(StrEnum):
    """What `health` looks at."""

    ALL = "all"
    PROGRESS = "progress"


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("health")(run_health)


def run_health(
    part: Annotated[
        Part, typer.Option(help="Everything, or only whether work gets done.")
    ] = Part.ALL,
) -> None:
    """Say whether the system can do its job; exit code 1 where it cannot."""
    settings = Settings()
    if settings.database_url is None or settings.broker_url is None:
        raise InvalidError("set WARDLIGHT_DATABASE_URL and WARDLIGHT_BROKER_URL")
    # Without field keys: a key service that is away makes nothing sick that runs.
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    checks = health.ready(database, settings.broker_url.get_secret_value())
    database.close()
    if part is Part.PROGRESS:
        checks = {"pipeline": checks["pipeline"]}
    for name, state in checks.items():
        typer.echo(f"{name}: {state}")
    if any(state != "ok" for state in checks.values()):
        raise typer.Exit(1)
