"""`scheduler`: the relay and the timers, together or each by itself."""

from __future__ import annotations

import threading
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from app import lifeline, relay, scheduler
from app.lifeline import stopped_by_signal
from app.runtime import Runtime
from app.watching import service as watcher
from core.logging import configure, logger
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logger(__name__)


class Only(StrEnum):
    """The half of the scheduler that a process runs."""

    RELAY = "relay"
    TIMERS = "timers"


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("scheduler")(run_scheduler)


def run_scheduler(
    only: Annotated[Only | None, typer.Option(help="Run one half only.")] = None,
) -> None:
    """Run the relay (outbox to broker) and the timers (escalations, silence)."""
    settings = Settings()
    configure(settings)
    lifeline.hold_on()
    runtime = Runtime.load(settings)
    lease = timedelta(seconds=settings.lease_seconds)
    database = runtime.database
    with stopped_by_signal() as stop:
        loops: dict[str, Callable[[], None]] = {}
        if only is not Only.TIMERS:
            loops["relay"] = lambda: relay.run(database, lease=lease, stop=stop)
        if only is not Only.RELAY:
            jobs = scheduler.routine(runtime)
            loops["escalations"] = lambda: scheduler.run(database, scheduler.URGENT, stop=stop)
            loops["timetable"] = lambda: scheduler.run(database, jobs, stop=stop)
            loops["watch"] = lambda: watcher.run(runtime, stop=stop)
        failed = run_together(loops, stop=stop)
    database.close()
    if failed:
        raise typer.Exit(1)


def run_together(loops: Mapping[str, Callable[[], None]], *, stop: threading.Event) -> list[str]:
    """Run each loop in a thread until told to stop; one that dies ends them all, and is returned.

    A process in which one of them is missing looks alive: it must end, so that whoever started it
    starts it again.
    """
    failed: list[str] = []

    def guarded(name: str, loop: Callable[[], None]) -> None:
        try:
            loop()
        except Exception:
            log.exception("a loop died", loop=name)
            failed.append(name)
        finally:
            stop.set()

    threads = [threading.Thread(target=guarded, args=each) for each in loops.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed
