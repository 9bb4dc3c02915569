"""`erase`, `hold`: erase a person in two steps, and forbid it for a while (SEC-44)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from app.commands.people import opened
from app.erasure import holds, outside, service
from app.erasure.again import erase_again
from app.erasure.outside import Ledger, need_whole, publish
from app.erasure.states import COOLING_OFF, State
from app.erasure.tables import Erasure
from app.schema import METADATA
from core.errors import InvalidError
from core.security import SYSTEM
from core.settings import Settings

Who = Annotated[UUID | None, typer.Option("--patient", help="The patient's id.")]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("erase")(erase)
    cli.command("hold")(hold)


def erase(
    patient: Who = None,
    reason: Annotated[
        str, typer.Option(help="unneeded, consent, objected, unlawful or obliged (Art. 17(1)).")
    ] = "",
    confirm: Annotated[
        UUID | None, typer.Option(help="An erasure that was asked for: carry it out now.")
    ] = None,
    withdraw: Annotated[UUID | None, typer.Option(help="An erasure to be taken back.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Erase whoever came back with an older copy.")
    ] = False,
) -> None:
    """Ask that a person be erased, and after the cooling-off, or another's look, do it."""
    if sum(each is not None for each in (patient, confirm, withdraw)) + again != 1:
        raise InvalidError("give exactly one of --patient, --confirm, --withdraw and --again")
    with opened() as database:
        now = database.now()
        if again:
            with database.transaction() as session:
                gone = erase_again(session, METADATA, _ledger().read(), now=now)
            typer.echo(f"{gone} people who had been erased are erased again")
            with database.transaction() as session:
                need_whole(_ledger(), outside.known(session))
        elif patient is not None:
            with database.transaction() as session:
                id_ = service.ask(session, SYSTEM, patient, reason, now=now)
            hours = int(COOLING_OFF.total_seconds() // 3600)
            typer.echo(f"asked for: the privacy officer confirms it, or in {hours} hours:")
            typer.echo(f"wardlight erase --confirm {id_}")
        elif withdraw is not None:
            with database.transaction() as session:
                service.withdraw(session, SYSTEM, withdraw, now=now)
            typer.echo("withdrawn: nobody is erased")
        elif confirm is not None:
            with database.transaction() as session:
                if service.state_of(session, confirm) == State.ASKED:
                    service.confirm(session, SYSTEM, confirm, now=now)
            with database.transaction() as session:
                service.carry_out(session, METADATA, confirm, now=now)
                row = session.get_one(Erasure, confirm)
                typer.echo(f"{row.state}: {row.rows} rows are gone")
            with database.transaction() as session:
                publish(session, now=now, ledger=_ledger())


def _ledger() -> Ledger:
    return Ledger.of(Settings().data)


def hold(
    patient: Who = None,
    reason: Annotated[str, typer.Option(help="Why; kept sealed.")] = "",
    until: Annotated[
        datetime | None, typer.Option(help="When it ends by itself, in UTC; else by --release.")
    ] = None,
    release: Annotated[UUID | None, typer.Option(help="A hold that ends now.")] = None,
) -> None:
    """Forbid that a person be erased, or allow it again."""
    if (patient is None) == (release is None):
        raise InvalidError("give either --patient or --release")
    with opened() as database, database.transaction() as session:
        now = database.now()
        if patient is not None:
            end = until.replace(tzinfo=UTC) if until else None
            id_ = holds.hold(session, SYSTEM, patient, reason, end, now=now)
            typer.echo(f"held; to end it: wardlight hold --release {id_}")
        elif release is not None:
            holds.release(session, SYSTEM, release, now=now)
            typer.echo("released")
