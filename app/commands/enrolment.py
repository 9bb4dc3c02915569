"""`patient enrol`: whom a file names, checked row by row, and enrolled by the operator.

What is printed names rows and columns, never anybody (SEC-20).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.people import transaction
from core.clock import utc_now
from core.errors import InvalidError
from core.security import SYSTEM
from core.settings import Settings
from ingest.register.repository import register_sender
from ingest.register.service import BY_FORM, enrol, known_for
from ingest.sheet import MOST_BYTES, checked, sheet_of
from ingest.uploading.service import looked_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.joining import Joining
    from ingest.sheet import Row, Sheet

LEFT_OUT = 1  # the exit code where rows have faults


def register(cli: typer.Typer) -> None:
    """Add the command to the group that is there."""
    group = next(each for each in cli.registered_groups if each.name == "patient").typer_instance
    if group is not None:
        group.command("enrol")(from_file)


def from_file(
    csv: Annotated[Path, typer.Option("--csv", help="The file, as `/enrol/file` takes it.")],
    team: Annotated[str, typer.Option(help="Of rows that name no care team.")] = "",
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")
    ] = False,
) -> None:
    """Enrol the people of a CSV file; rows with faults, and whom is enrolled, are left out."""
    sheet = sheet_of(_bytes(csv))
    now, settings = utc_now(), Settings()
    with transaction() as session:
        known = known_for(session, SYSTEM, today=now.date())
        rows = looked_up(session, checked(sheet, known, team=team))
        fit = [each.joining for each in rows if each.joining is not None and not each.enrolled]
        if fit and not dry_run:
            sender = register_sender(
                session, SYSTEM, base=settings.fhir_base, zone=settings.site_timezone, now=now
            )
            enrol(session, sender, fit, now=now, audited=BY_FORM)
    for line in _said(sheet, rows, fit, dry_run=dry_run):
        typer.echo(line)
    if any(each.faults for each in rows):
        raise typer.Exit(LEFT_OUT)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InvalidError(f"the file cannot be read: {error.strerror}", field="csv") from None


def _said(
    sheet: Sheet, rows: Sequence[Row], fit: Sequence[Joining], *, dry_run: bool
) -> Iterator[str]:
    if sheet.guessed:
        yield (
            f"the file does not say its encoding and was read as {sheet.encoding}:"
            " check the names, or save it as UTF-8"
        )
    for name in sheet.ignored:
        yield f"column {name}: not known here, left out"
    for row in rows:
        for fault in row.faults:
            where = fault.field or "cells"
            yield f"row {row.number}, {where}: {fault.reason}; right would be: {fault.right}"
        if row.enrolled and not row.faults:
            ids = ", ".join(map(str, row.enrolled))
            yield f"row {row.number}: enrolled already as {ids}, left as they are"
    faulty = sum(bool(each.faults) for each in rows)
    done = "would be enrolled" if dry_run else "enrolled"
    yield f"{len(fit)} {done}, {faulty} with faults left out"
