"""The command of a training process: what was asked for is trained on simulated people.

Where enough is known of a site's own people, their days join (`app/retraining/own_data.py`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003 (the command line reads it)

import typer

from app.retraining import process
from app.retraining.process import BEAT_SECONDS
from core.database import Database
from core.embedded import servers
from core.logging import configure
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from monitoring.asked import Asked
    from monitoring.sample import Sample


def retrain(
    run: Annotated[UUID, typer.Option(help="The run that was asked for.")],
    beat: Annotated[float, typer.Option(help="Seconds between words of life.")] = BEAT_SECONDS,
) -> None:
    """Do one training that was asked for; the timers start this."""
    settings = Settings()
    configure(settings)
    process.be_modest()
    with servers(settings, broker=False) as running:
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=2)
        try:
            ended_well = process.run(database, run, simulated, every=beat)
        finally:
            database.close()
    raise typer.Exit(0 if ended_well else 1)


def simulated(
    patients: int, days: int, *, seed: int, progress: Callable[[], None]
) -> tuple[Sample, Asked]:
    """Return patient-days of the base world, and what is asked of others of it.

    `progress` is called after each of `patients` people.
    """
    # By name: it costs seconds, which no other command should pay.
    run = import_module("lab.training_run")
    sample: Sample = run.described(patients, days, seed=seed, progress=progress)
    asked: Asked = run.asked(patients, days, seed=seed)
    return sample, asked
