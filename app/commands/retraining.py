"""`models retrain|runs|cancel`: have a model trained by a process of its own, and look at it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import typer

from app.commands.people import transaction
from app.retraining import repository, service
from app.retraining.process import start
from app.retraining.states import Order
from core.clock import utc_now
from core.security import SYSTEM

USUAL = Order()


def register(cli: typer.Typer) -> None:
    """Add the commands to the group `models`, which is there already."""
    groups = (each.typer_instance for each in cli.registered_groups if each.name == "models")
    group = next(filter(None, groups))
    group.command("retrain")(retrain)
    group.command("runs")(runs)
    group.command("cancel")(cancel)


def retrain(
    reason: Annotated[str, typer.Option(help="Why; kept with the run and shown.")],
    patients: Annotated[int, typer.Option(help="Simulated people.")] = USUAL.patients,
    days: Annotated[int, typer.Option(help="Days each is watched.")] = USUAL.days,
    seed: Annotated[int, typer.Option(help="0: that of the day.")] = USUAL.seed,
    here: Annotated[
        bool, typer.Option("--here", help="Do not wait for the timers: train now, and wait.")
    ] = False,
) -> None:
    """Have a model trained by a process that the timers start; it comes into shadow.

    Labelled days of this site take part where there are enough; its card says so.
    """
    with transaction() as session:
        order = Order(patients, days, seed)
        run_id = service.ask(session, SYSTEM, order, reason=reason, now=utc_now())
    typer.echo(f"training {run_id} is due")
    if here:
        code = start(run_id, wait=True)
        runs()
        raise typer.Exit(code)


def runs() -> None:
    """Print the last trainings, the newest first: how far, what came out, and why one failed."""
    with transaction() as session:
        found = repository.recent(session)
    for each in found.shown:
        share = f"{each.stage} {each.share:.0%}" if each.live else ""
        why = " ".join(filter(None, (each.why or "", each.detail)))
        said = ", ".join(filter(None, (each.state, share, each.model_id, why)))
        typer.echo(f"{each.id}  asked {each.asked_at:%Y-%m-%d %H:%M}  {said}")
    if found.total > len(found.shown):
        typer.echo(f"these are the last {len(found.shown)} of {found.total}")
    if not found.total:
        typer.echo("nothing was ever trained here")


def cancel(
    run: Annotated[UUID, typer.Argument(help="Its id, as `models runs` prints it.")],
) -> None:
    """Stop a training; nothing of it is kept."""
    with transaction() as session:
        service.cancel(session, SYSTEM, run, now=utc_now())
    typer.echo(f"{run} is cancelled")
