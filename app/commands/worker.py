"""`worker`: a group of Celery workers."""

from __future__ import annotations

import os
import warnings
from typing import Annotated

import typer
from celery.platforms import SecurityWarning

from app import lifeline, worker
from app.queues import OWN, QUEUES, group_of
from app.runtime import connect
from app.watching import groups
from core.errors import InvalidError
from core.logging import configure
from core.settings import Environment, Settings


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("worker")(run_worker)


def run_worker(
    queues: Annotated[str, typer.Option(help="Queues to read, with commas between.")] = ",".join(
        QUEUES
    ),
    processes: Annotated[int, typer.Option(min=1, max=64)] = 2,
) -> None:
    """Run Celery workers."""
    if unknown := sorted(set(queues.split(",")) - set(QUEUES)):
        raise InvalidError(f"no such queue: {', '.join(unknown)}", field="queues")
    settings = Settings()
    configure(settings)
    group = group_of(queues)
    database = connect(settings)
    groups.register(database, group, every=settings.watch_every)
    database.close()
    lifeline.hold_on()
    if settings.environment is not Environment.PRODUCTION:
        # A laptop's container runs as root; production is told that it should not.
        warnings.filterwarnings("ignore", category=SecurityWarning)
    arguments = [
        "--quiet",
        "worker",
        "-Q",
        f"{queues},{OWN[group]}",
        "-c",
        str(processes),
        "-l",
        settings.log_level.lower(),
    ]
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker.celery.worker_main([*arguments, *quiet, "-n", f"{os.getpid()}@%h"])
