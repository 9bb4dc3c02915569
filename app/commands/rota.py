"""`rota show|add|override|leave|remove|check`: who is on call for a team, and who is away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from alerts.oncall import service
from alerts.oncall.repository import rows
from alerts.rota import Away
from alerts.service import load_policy
from app.commands.people import transaction
from app.staff.rota import once, weekly
from core.clock import utc_now
from core.errors import InvalidError, NotFoundError
from core.security import SYSTEM
from core.settings import Settings
from ingest.repository import care_teams
from ingest.teams.repository import members
from ingest.weekly import span
from monitoring import words

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session

    from alerts.oncall.service import Overview
    from ingest.roster import Team

EXIT_NO = 1
TeamName = Annotated[str, typer.Argument(help="The team's name or id.")]
Who = Annotated[str, typer.Argument(help="The name or id of a member of the team.")]
From = Annotated[str, typer.Option("--from", help="Local time or day: 2026-12-24T18:00.")]
To = Annotated[str, typer.Option("--to", help="Local time or day; a day begins at midnight.")]
Days = Annotated[int, typer.Option(help="How many days from now on.", min=1, max=366)]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Who is on call, and who is away.", no_args_is_help=True)
    for name, command in (
        *(("show", show), ("add", add), ("override", override)),
        *(("leave", leave), ("remove", remove), ("check", check)),
    ):
        group.command(name)(command)
    cli.add_typer(group, name="rota")


def show(team: TeamName, days: Days = 14) -> None:
    """Print who is on call in the next days, with the holes, and the rows with their ids."""
    with transaction() as session:
        seen = _overview(session, team_named(session, team), days)
        clock = seen.known.place.clock
        for turn in seen.turns:
            day = turn.start.astimezone(clock).date()
            typer.echo(f"{day}  {turn.words(clock, seen.names)}")
        for row_id, said in rows(session, seen.team.id, clock, since=utc_now()):
            typer.echo(f"{row_id}  {said(seen.names)}")
    for warning in seen.warnings:
        typer.echo(f"! {words.phrase(warning)}")


def add(  # noqa: PLR0913, PLR0917 (typer reads the options of the command off it)
    team: TeamName,
    who: Who,
    since: From,
    until: To,
    days: Annotated[str, typer.Option(help="Weekdays such as mon-fri: weekly, with hours.")] = "",
    first: Annotated[str, typer.Option(help="The first day of a weekly pattern.")] = "",
    last: Annotated[str, typer.Option(help="Its last day; none: for good.")] = "",
) -> None:
    """Put somebody on call: once, or weekly with `--days mon-fri --from 18:00 --to 08:00`."""
    with transaction() as session:
        of, zone = _zoned(session, team)
        if days:
            pattern = span(days, since, until, field="days")
            when = weekly(pattern, first, last, zone, now=utc_now())
        else:
            when = once(since, until, zone)
        row = service.add(session, SYSTEM, of.id, _member(session, of, who), when, now=utc_now())
    typer.echo(f"{row} added")


def override(team: TeamName, who: Who, since: From, until: To) -> None:
    """Put somebody on call for a time, before whoever the rota names."""
    with transaction() as session:
        of, zone = _zoned(session, team)
        row = service.add(
            session,
            SYSTEM,
            of.id,
            _member(session, of, who),
            once(since, until, zone),
            now=utc_now(),
            overrides=True,
        )
    typer.echo(f"{row} added")


def leave(
    team: TeamName,
    who: Who,
    since: From,
    until: To,
    substitute: Annotated[str, typer.Option(help="Who is told in their place.")] = "",
) -> None:
    """Note that somebody is away, for every team of theirs."""
    with transaction() as session:
        of, zone = _zoned(session, team)
        other = _member(session, of, substitute) if substitute else None
        when = once(since, until, zone)
        away = Away(_member(session, of, who), when.since, when.until or when.since, other)
        row = service.add_leave(session, SYSTEM, away, now=utc_now())
    typer.echo(f"{row} added")


def remove(row: Annotated[UUID, typer.Argument(help="As `rota show` prints it.")]) -> None:
    """Take a row or a leave back."""
    with transaction() as session:
        service.remove(session, SYSTEM, row, now=utc_now())
    typer.echo(f"{row} removed")


def check(
    team: Annotated[str, typer.Argument(help="A team; none: every team.")] = "", days: Days = 14
) -> None:
    """Say what should be mended: holes, and people without a channel. Exit code 1 if anything."""
    with transaction() as session:
        teams = [team_named(session, team)] if team else care_teams(session, SYSTEM)
        found = [_overview(session, each, days) for each in teams]
    lines = [f"{each.team.name}: {words.phrase(w)}" for each in found for w in each.warnings]
    if not Settings().fallback_email:
        lines.append("the fallback team has no address: set WARDLIGHT_FALLBACK_EMAIL")
    for line in lines:
        typer.echo(line)
    if lines:
        raise typer.Exit(EXIT_NO)
    typer.echo("no holes, and everybody has a channel")


def _overview(session: Session, team: Team, days: int) -> Overview:
    start = utc_now()
    settings = Settings()
    policy = load_policy(path=settings.policy, zone=settings.site_timezone)
    end = start + timedelta(days=days)
    return service.overview(session, team, policy, start=start, end=end)


def team_named(session: Session, name: str) -> Team:
    """Return a team by its name or id; raise `NotFoundError` where that is not one team."""
    found = [each for each in care_teams(session, SYSTEM) if name in (each.name, str(each.id))]
    if len(found) != 1:
        what = "several teams have this name: give the id" if found else f"no team {name!r}"
        raise NotFoundError(f"team: {what}")
    return found[0]


def _zoned(session: Session, name: str) -> tuple[Team, ZoneInfo]:
    team, settings = team_named(session, name), Settings()
    policy = load_policy(path=settings.policy, zone=settings.site_timezone)
    return team, policy.place(team.id, team.name).clock


def _member(session: Session, team: Team, name: str) -> UUID:
    found = {
        person.practitioner_id
        for person in members(session, team.id)
        if name in (person.name, str(person.practitioner_id))
    }
    if len(found) != 1:
        what = "several members have this name: give the id" if found else "not of the team"
        raise InvalidError(f"who: {name!r}: {what}", field="who")
    return found.pop()
