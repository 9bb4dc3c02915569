"""`programme`: a team's clocks of days, minutes and set-up; turn them on, or off."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.people import transaction
from app.commands.rota import team_named
from app.pages.language import language
from app.pages.programme import EXPORT, as_sheet, day_of
from app.pages.programme_prints import codes_of, lacking_words, minutes_words, window_words
from app.programme import service
from core.audit import Action, record
from core.clock import utc_now
from core.errors import ConflictError
from core.security import SYSTEM
from monitoring.catalogue import ENGLISH
from reports.programme import Code

if TYPE_CHECKING:
    from app.programme.service import TeamClocks


class Switch(StrEnum):
    """What to do with the clocks of a team."""

    ON = "on"
    OFF = "off"


class Form(StrEnum):
    """How the clocks are printed."""

    TEXT = "text"
    CSV = "csv"


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("programme")(programme)


def programme(
    team: Annotated[str, typer.Option(help="The team's name or id.")],
    on: Annotated[str, typer.Option(help="A day of the windows and months; none: today.")] = "",
    form: Annotated[Form, typer.Option("--format", help="text or csv.")] = Form.TEXT,
    clocks: Annotated[Switch | None, typer.Option(help="Turn them on or off, for good.")] = None,
) -> None:
    """Print a team's clocks: counts of evidence, no claim; `--clocks on` begins with it."""
    now, day = utc_now(), day_of(on)
    with transaction() as session:
        of = team_named(session, team)
        if clocks is not None:
            service.turn(session, SYSTEM, of.id, on=clocks is Switch.ON, now=now)
        if clocks is Switch.OFF:
            typer.echo(f"{of.name}: the clocks are off")
            return
        if not service.setting_of(session, of.id).clocks:
            raise ConflictError(f"{of.name}: the clocks are off; turn them on with --clocks on")
        found = service.team_clocks(session, SYSTEM, of.id, on=day, now=now)
        whom = [*found.names] or (None,)
        record(session, SYSTEM, Action.READ, EXPORT, now=now, entity_id=of.id, patients=whom)
    if form is Form.CSV:
        typer.echo(as_sheet(found), nl=False)
    else:
        _lines(found)


def _lines(found: TeamClocks) -> None:
    said = language(ENGLISH)
    for who in sorted(found.names, key=lambda one: found.names[one]):
        each = found.people[who]
        counted = said.count("{count} day", "{count} days", len(each.days))
        parts = (
            window_words(each, said) or "no window yet",
            counted,
            minutes_words(each, said),
            f"evidence for {codes_of(each, Code) or 'nothing'}",
            *(lacking_words(one, said) for one in each.lacking),
        )
        typer.echo(f"{found.names[who]} ({who}): {'; '.join(parts)}")
    if found.restricted:
        typer.echo(f"left out, the use of their data restricted: {found.restricted}")
