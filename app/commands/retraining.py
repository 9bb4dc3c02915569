"""`models retrain|runs`: have a model trained by a process of its own, and see how far it is."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.commands.people import transaction
from app.retraining import repository, service
from app.retraining.process import start
from app.retraining.states import Order
from core.clock import utc_now
from core.security import SYSTEM

out = Console(soft_wrap=True, highlight=False)
USUAL = Order()


def register(cli: typer.Typer) -> None:
    """Add the commands to the group `models`, which is there already."""
    groups = (each.typer_instance for each in cli.registered_groups if each.name == "models")
    group = next(filter(None, groups))
    group.command("retrain")(retrain)
    group.command("runs")(runs)


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
    """Print the last trainings, the newest first: how far, by whom, and why one failed."""
    table = Table(box=None, pad_edge=False)
    for name in ("run", "asked", "state", "stage", "done", "model", "why"):
        table.add_column(name)
    with transaction() as session:
        found = repository.recent(session)
    for each in found:
        why = " ".join(filter(None, (each.why or "", each.detail)))
        asked = f"{each.asked_at:%Y-%m-%d %H:%M}"
        share = f"{each.share:.0%}"
        table.add_row(str(each.id), asked, each.state, each.stage, share, each.model_id, why)
    out.print(table if found else "nothing was ever trained here")
