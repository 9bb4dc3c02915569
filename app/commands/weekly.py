"""`reports list|again`: which weekly reports came in time, and another issue of one."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Annotated

import typer

from app.commands.people import transaction
from app.weekly import letters, repository, service
from app.weekly.states import State, Told
from app.weekly.timing import LOOK_BACK
from core.clock import utc_now
from core.errors import InvalidError
from core.security import SYSTEM
from ingest.repository import care_teams
from reports.week import Week

TeamName = Annotated[str, typer.Option("--team", help="Its name, or its id.")]


def register(cli: typer.Typer) -> None:
    """Add the group `reports`."""
    group = typer.Typer(
        help="Weekly reports: which came in time, and another issue.", no_args_is_help=True
    )
    group.command("list")(listed)
    group.command("again")(again)
    cli.add_typer(group, name="reports")


def listed() -> None:
    """Print the issues of the last weeks of every team, and which share came in time."""
    now = utc_now()
    last = Week.of(now, zone=UTC).shifted(-1).monday
    with transaction() as session:
        teams = {team.id: team.name for team in care_teams(session, SYSTEM)}
        rows = repository.rows(session, teams, since=last - timedelta(weeks=LOOK_BACK))
        told = letters.told(session, [row.id for row in rows])
        share = service.share_on_time(session, last, now=now)
    for row in rows:
        late = row.late or (row.state is not State.MADE and row.due_at < now)
        state = " ".join(filter(None, (row.state, "late" if late else "", row.why or "")))
        made = f", made {row.made_at:%Y-%m-%d %H:%M}" if row.made_at else ""
        mails = told.get(row.id, {}).get(Told.SENT, 0)
        said = f"{state}, due {row.due_at:%Y-%m-%d %H:%M}{made}, {mails} told by mail"
        week = f"{Week(row.monday, UTC)} version {row.version}"
        typer.echo(f"{week}  {teams[row.team_id]}: {said}")
    typer.echo(f"on time: {share.hits} of {share.of}" if share.of else "no report is due yet")


def again(
    team: TeamName,
    week: Annotated[str, typer.Option(help="As 2026-W47.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the issue and shown.")],
) -> None:
    """Issue a week again after a correction, or try one again that failed.

    The version before stays readable; the page says what changed. A worker makes it.
    """
    wanted = Week.parse(week, zone=UTC)
    with transaction() as session:
        known = [each for each in care_teams(session, SYSTEM) if team in {each.name, str(each.id)}]
        if len(known) != 1:
            raise InvalidError("name one team, by its name or its id", field="team")
        version = service.issue_again(
            session, SYSTEM, known[0].id, wanted.monday, reason=reason, now=utc_now()
        )
    typer.echo(f"version {version} of {wanted} is due")
