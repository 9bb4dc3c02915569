"""`report`: a team's week as a page for paper, a PDF, a table or FHIR, as the pages hand it out."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.people import opened
from app.commands.rota import team_named
from app.pages.door import Door, Visit
from app.pages.paper import report_on_paper
from app.pages.rendering import Renderer
from app.pages.site_policy import policy_of
from app.weekly_forms.fhir import fhir
from app.weekly_forms.pdf import pdf
from app.weekly_forms.service import Form, Wanted, handed_out
from app.weekly_forms.table import csv
from core.clock import utc_now
from core.errors import InvalidError, NotFoundError
from core.security import SYSTEM
from core.settings import Settings
from monitoring.catalogue import LANGUAGES

if TYPE_CHECKING:
    from reports.service import TeamWeek

STANDARD = Path("-")
OWNERS_ONLY = 0o600  # patients are named in it


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("report")(report)


def report(  # noqa: PLR0913, PLR0917 (typer reads the options of the command off it)
    team: Annotated[str, typer.Option(help="The team's name or id.")],
    week: Annotated[str, typer.Option(help="An ISO week such as 2026-W47.")],
    output: Annotated[Path, typer.Option(help="The file to write; - for standard output.")],
    form: Annotated[Form, typer.Option("--format", help="What it is made as.")] = Form.PDF,
    lang: Annotated[str, typer.Option(help="en or ko; none: the site's language.")] = "",
    version: Annotated[int, typer.Option(help="Which issue; none: the newest.", min=0)] = 0,
) -> None:
    """Write a care team's weekly report, as the pages hand it out. Patients are named in it."""
    settings = Settings()
    if lang and lang not in LANGUAGES:
        raise InvalidError(f"lang: {lang!r} is none of {', '.join(LANGUAGES)}", field="lang")
    with opened() as database, database.transaction() as session:
        door = Door(database, settings, Renderer(settings))
        language = lang or settings.site_language
        visit = Visit(session, SYSTEM, "", "", utc_now(), language)
        named = team_named(session, team)
        wanted = Wanted(named.id, week, form, version or None)
        found = _found(door, visit, wanted)
        made = _made(door, visit, found, form)
    _write(pdf(made) if form is Form.PDF else made.encode(), output)
    if output != STANDARD:
        typer.echo(f"{output}: {named.name}, week {found.week}, as {form}")


def _found(door: Door, visit: Visit, wanted: Wanted) -> TeamWeek:
    """Return the week; refuse what is not one by the name of the option."""
    policy = policy_of(door.settings)
    try:
        return handed_out(visit.session, SYSTEM, wanted, policy, now=visit.now)
    except InvalidError as error:
        message = f"{error.field}: {wanted.week!r}: {error}"
        raise InvalidError(message, field=error.field) from error
    except NotFoundError as error:
        if wanted.version:
            message = f"version: {wanted.week} of this team has no issue {wanted.version}"
            raise NotFoundError(message, field="version") from error
        raise NotFoundError(f"week: {wanted.week} has not begun", field="week") from error


def _made(door: Door, visit: Visit, found: TeamWeek, form: Form) -> str:
    """Return what a form consists of; a PDF is set from the page for paper."""
    if form is Form.CSV:
        return csv(found)
    if form is Form.FHIR:
        return fhir(found, door.settings, now=visit.now, language=visit.language)
    return report_on_paper(door, visit, found)


def _write(content: bytes, output: Path) -> None:
    if output == STANDARD:
        sys.stdout.buffer.write(content)
        return
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNERS_ONLY)
        with os.fdopen(file, "wb") as opened_file:
            opened_file.write(content)
    except OSError as error:
        raise InvalidError(f"output: {output}: {error.strerror}", field="output") from error
