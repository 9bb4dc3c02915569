"""`site …`, `team …`: the places and teams of the clinic, as the pages make them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from alerts.service import load_policy
from app.commands.people import transaction
from app.staff import teams
from core.clock import utc_now
from core.errors import NotFoundError
from core.security import SYSTEM
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

Name = Annotated[str, typer.Argument(help="Its name, or its id.")]
NewName = Annotated[str, typer.Argument(help="The new name.")]
SiteName = Annotated[str, typer.Option("--site", help="The site that it belongs to.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    team = typer.Typer(help="Teams: who looks after the same patients.", no_args_is_help=True)
    for name, command in (("list", list_teams), ("add", add_team), ("rename", rename_team)):
        team.command(name)(command)
    team.command("close")(close_team)
    team.command("open")(open_team)
    cli.add_typer(team, name="team")
    site = typer.Typer(help="Places of the clinic.", no_args_is_help=True)
    for name, act in (("list", list_sites), ("add", add_site), ("rename", rename_site)):
        site.command(name)(act)
    site.command("close")(close_site)
    cli.add_typer(site, name="site")


def list_teams() -> None:
    """Print every team: name, site, how many members and patients, id."""
    with transaction() as session:
        for each in teams.teams(session, SYSTEM):
            state = "" if each.active else "  closed"
            counts = f"{each.members} members, {each.patients} patients"
            typer.echo(f"{each.name}  {each.site or '-'}  {counts}  {each.id}{state}")


def add_team(name: Name, site: SiteName = "") -> None:
    """Make a team."""
    with transaction() as session:
        at = _site(session, site) if site else None
        made = teams.add_team(session, SYSTEM, name, at, now=utc_now())
    typer.echo(f"{made} made")


def rename_team(name: Name, new: NewName) -> None:
    """Give a team another name."""
    settings = Settings()
    policy = load_policy(path=settings.policy, zone=settings.site_timezone)
    with _team(name) as (session, line):
        teams.change_team(session, SYSTEM, line.id, new, line.site_id, policy=policy, now=utc_now())
    typer.echo(f"{name} is {new} from now on")


def close_team(name: Name) -> None:
    """Close a team that looks after nobody any more."""
    with _team(name) as (session, line):
        teams.set_open(session, SYSTEM, line.id, open_=False, now=utc_now())
    typer.echo(f"{name} is closed")


def open_team(name: Name) -> None:
    """Open a closed team again."""
    with _team(name) as (session, line):
        teams.set_open(session, SYSTEM, line.id, open_=True, now=utc_now())
    typer.echo(f"{name} is open again")


def list_sites() -> None:
    """Print every site."""
    with transaction() as session:
        for each in teams.sites(session, SYSTEM):
            typer.echo(f"{each.name}  {each.id}{'  closed' if each.closed_at else ''}")


def add_site(name: Name) -> None:
    """Make a site."""
    with transaction() as session:
        made = teams.add_site(session, SYSTEM, name, now=utc_now())
    typer.echo(f"{made} made")


def rename_site(name: Name, new: NewName) -> None:
    """Give a site another name."""
    with transaction() as session:
        teams.rename_site(session, SYSTEM, _site(session, name), new, now=utc_now())
    typer.echo(f"{name} is {new} from now on")


def close_site(name: Name) -> None:
    """Close a site to which no open team belongs."""
    with transaction() as session:
        teams.close_site(session, SYSTEM, _site(session, name), now=utc_now())
    typer.echo(f"{name} is closed")


@contextmanager
def _team(name: str) -> Iterator[tuple[Session, teams.TeamLine]]:
    with transaction() as session:
        lines = [t for t in teams.teams(session, SYSTEM) if name in (t.name, str(t.id))]
        if len(lines) != 1:
            what = "several have this name: give the id" if lines else "no such team"
            raise NotFoundError(f"team: {what}")
        yield session, lines[0]


def _site(session: Session, name: str) -> UUID:
    found = [s.id for s in teams.sites(session, SYSTEM) if name in (s.name, str(s.id))]
    if len(found) != 1:
        what = "several have this name: give the id" if found else "no such site"
        raise NotFoundError(f"site: {what}")
    return found[0]
