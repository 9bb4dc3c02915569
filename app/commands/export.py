"""`export`: a copy of all that is kept of one person, to hand to them (SEC-43)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from app.commands.people import opened
from app.copies.archive import files
from app.copies.service import copy
from app.pages.rendering import Renderer
from core.clock import utc_now
from core.errors import InvalidError
from core.security import SYSTEM
from core.settings import Settings

OWNERS_ONLY, OWNERS_FOLDER = 0o600, 0o700


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("export")(export)


def export(
    patient: Annotated[UUID, typer.Option(help="The patient's id.")],
    output: Annotated[Path, typer.Option(help="The folder to write; it must not be there yet.")],
    paper: Annotated[bool, typer.Option(help="Also as a PDF, in the person's language.")] = True,
) -> None:
    """Write all that is kept of one person: to read, for another system, and on paper."""
    settings = Settings()
    with opened() as database, database.transaction() as session:
        made = copy(session, SYSTEM, patient, settings, now=utc_now())
    try:
        output.mkdir(mode=OWNERS_FOLDER)
    except OSError as error:
        raise InvalidError(f"output: {output}: {error.strerror}", field="output") from error
    for name, content in files(made, Renderer(settings) if paper else None, settings):
        _write(output / name, content)
    typer.echo(f"{output}: {len(made.entries)} resources, {len(made.tables)} tables")


def _write(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNERS_ONLY)
    with os.fdopen(file, "wb") as opened_file:
        opened_file.write(content)
