"""`reach add|remove|list|check`: how people, teams and the fallback are reached."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from alerts.addresses import masked
from alerts.contacts import repository, service
from alerts.contacts.repository import NewPoint
from alerts.notify.push import fresh_key
from alerts.policy import Channel
from app.commands.people import transaction
from app.runtime import outlets
from core.clock import utc_now
from core.errors import InvalidError
from core.settings import Settings
from core.vitals import Severity

Person = Annotated[UUID | None, typer.Option(help="The id of a Practitioner.")]
TeamOf = Annotated[UUID | None, typer.Option(help="The id of a CareTeam.")]
Lane = Annotated[str, typer.Option(help="fallback or support.")]
By = Annotated[Channel, typer.Argument(help="email, sms, chat or webhook.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="How somebody is reached outside the inbox.", no_args_is_help=True)
    group.command("add")(add)
    group.command("remove")(remove)
    group.command("list")(listed)
    group.command("check")(check)
    group.command("push-key")(push_key)
    cli.add_typer(group, name="reach")


def add(  # noqa: PLR0913, PLR0917 (what an address is made of; Typer reads them by name)
    channel: By,
    address: Annotated[str, typer.Argument(help="The number, account, mailbox or https address.")],
    practitioner: Person = None,
    team: TeamOf = None,
    lane: Lane = "",
    tiers: Annotated[str, typer.Option(help="Such as RED,AMBER; none: as the policy says.")] = "",
) -> None:
    """Write an address down, in place of the one before; a webhook's secret is printed once."""
    settings = Settings()
    new = NewPoint(service.owner_key(practitioner, team, lane), channel, address, _tiers(tiers))
    with transaction() as session:
        secret = service.add(session, new, outlets(settings), now=utc_now())
    typer.echo(f"{new.owner} is reached by {channel}")
    if secret:
        typer.echo(f"secret, shown this once: {secret}")


def remove(channel: By, practitioner: Person = None, team: TeamOf = None, lane: Lane = "") -> None:
    """Take an address back."""
    owner = service.owner_key(practitioner, team, lane)
    with transaction() as session:
        service.remove(session, owner, channel, now=utc_now())
    typer.echo(f"{owner} is not reached by {channel} any more")


def listed(practitioner: Person = None, team: TeamOf = None, lane: Lane = "") -> None:
    """Say how somebody is reached, addresses shortened."""
    owner = service.owner_key(practitioner, team, lane)
    with transaction() as session:
        for each in repository.points(session, owner):
            tiers = "as the policy says" if each.tiers is None else ", ".join(sorted(each.tiers))
            typer.echo(f"{each.channel}  {masked(each.channel, each.address)}  {tiers}")
        for gone in repository.ended(session, owner):
            typer.echo(f"{gone.channel}  switched off: {gone.end_reason}")


def push_key() -> None:
    """Print a fresh key for WARDLIGHT_PUSH_KEY: with it, browsers can be told."""
    typer.echo(fresh_key())


def check() -> None:
    """Name who answers for patients and has no way outside the inbox (AL-18)."""
    with transaction() as session:
        found = service.unreachable(session)
    for key, name in found:
        typer.echo(f"{key}  {name}: no address outside the inbox")
    if found:
        raise typer.Exit(1)
    typer.echo("everybody who answers for a patient can be reached")


def _tiers(said: str) -> frozenset[Severity] | None:
    listed = {each.strip().upper() for each in said.split(",") if each.strip()}
    unknown = listed - set(Severity)
    if unknown:
        raise InvalidError(f"no such severity: {', '.join(sorted(unknown))}", field="tiers")
    return frozenset(Severity(each) for each in listed) or None
