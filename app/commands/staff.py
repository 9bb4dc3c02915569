"""`user list|newcomer|role|join|leave|enable|set-up`: who may do what, as the pages do it."""

from __future__ import annotations

from typing import Annotated

import typer

from app.accounts import service as accounts
from app.accounts.organisation import INVITATION_LASTS
from app.commands.people import transaction
from app.commands.rota import team_named
from app.staff import service, starting
from app.staff.service import Newcomer
from core.clock import utc_now
from core.security import SYSTEM, Role
from core.settings import Settings

Name = Annotated[str, typer.Argument(help="The user name.")]
RoleOf = Annotated[Role, typer.Argument(help="What the person may do.")]
TeamName = Annotated[str, typer.Argument(help="The team's name or id.")]


def register(cli: typer.Typer) -> None:
    """Add the commands to the group of accounts."""
    users = next(each for each in cli.registered_groups if each.name == "user").typer_instance
    if users is None:
        return
    for name, command in (
        *(("list", listed), ("newcomer", newcomer), ("role", role), ("join", join)),
        *(("leave", leave), ("enable", enable), ("set-up", set_up)),
    ):
        users.command(name)(command)


def listed() -> None:
    """Print every account: user name, role, state, teams."""
    with transaction() as session:
        for each in service.everybody(session, SYSTEM):
            teams = ", ".join(name for _, name in each.teams) or "-"
            typer.echo(f"{each.username}  {each.role}  {each.state}  {teams}")


def newcomer(
    username: Name,
    role: RoleOf,
    name: Annotated[str, typer.Option(help="The name that others see.")],
    email: Annotated[str, typer.Option(help="Where alerts go, of a clinician.")] = "",
) -> None:
    """Let in somebody whom no record system has named; print the one-time link to hand over."""
    with transaction() as session:
        new = Newcomer(username, name, role, email)
        _, secret = service.invite(session, SYSTEM, new, now=utc_now())
    days = INVITATION_LASTS.days
    typer.echo(f"{username} may come in as {role} with this link, once, within {days} days:")
    typer.echo(f"{Settings().base_url.rstrip('/')}/welcome/{secret}")


def role(username: Name, role: RoleOf) -> None:
    """Give somebody another role; their sessions end at once."""
    with transaction() as session:
        user = accounts.named(session, username)
        service.change_role(session, SYSTEM, user.id, role, now=utc_now())
    typer.echo(f"{username} is {role} from now on, and must sign in anew")


def join(
    username: Name,
    team: TeamName,
    part: Annotated[str, typer.Option(help="physician: answers for patients. None: member.")] = "",
) -> None:
    """Bring somebody into a team."""
    with transaction() as session:
        user, of = accounts.named(session, username), team_named(session, team)
        service.join(session, SYSTEM, user.id, of.id, part, now=utc_now())
    typer.echo(f"{username} is of {of.name}")


def leave(username: Name, team: TeamName) -> None:
    """Take somebody out of a team, at once."""
    with transaction() as session:
        user, of = accounts.named(session, username), team_named(session, team)
        service.leave(session, SYSTEM, user.id, of.id, now=utc_now())
    typer.echo(f"{username} is no longer of {of.name}")


def enable(username: Name) -> None:
    """Let somebody in again who was shut out."""
    with transaction() as session:
        user = accounts.named(session, username)
        service.enable(session, SYSTEM, user.id, now=utc_now())
    typer.echo(f"{username} may sign in again")


def set_up() -> None:
    """Print a new link for the first administrator; none where there is one."""
    with transaction() as session:
        secret = starting.open_link(session, now=utc_now())
    typer.echo(starting.said(secret, Settings().base_url) or "there is an administrator already")
