"""`up`, `serve`, `worker`, `scheduler`, `migrate`: run the system, whole or in parts."""

from __future__ import annotations

import os
import signal
import threading
import warnings
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn
from celery.platforms import SecurityWarning

import app.migrate
from app import health, lifeline, relay, scheduler, worker
from app.claim import claimed, need_free
from app.heads import BoundedHeads
from app.queues import OWN, QUEUES, group_of
from app.runtime import Runtime, connect
from app.supervisor import Supervisor, parts
from app.watching import groups
from app.watching import service as watcher
from core.database import Database
from core.embedded import Servers, servers
from core.errors import InvalidError
from core.logging import configure, logger
from core.security import new_secret
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

log = logger(__name__)

Port = Annotated[int, typer.Option(min=1, max=65535, help="Where the API and the pages listen.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


class Part(StrEnum):
    """What `health` looks at."""

    ALL = "all"
    PROGRESS = "progress"


class Only(StrEnum):
    """The half of the scheduler that a process runs."""

    RELAY = "relay"
    TIMERS = "timers"


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, serve, run_worker, run_scheduler, migrate, run_health):
        name = command.__name__.removeprefix("run_")
        cli.command(name)(command)


@contextmanager
def stopped_by_signal() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM or SIGINT sets."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    yield stop


@contextmanager
def whole_system(settings: Settings, *, host: str, port: int) -> Iterator[Supervisor]:
    """Yield a supervisor for every part, on servers that are running and migrated.

    Raises
    ------
    ConflictError
        Where the port is taken, or another system runs on the data folder.
    """
    need_free(host, port)
    with claimed(settings.data), servers(settings) as running:
        app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
        base_url = (
            settings.base_url
            if "base_url" in settings.model_fields_set
            else f"http://{host}:{port}"
        )
        address = settings.address_file
        address.write_text(base_url)
        try:
            yield Supervisor(
                parts(host=host, port=port, workers=settings.worker_processes),
                {**running.environment(), "WARDLIGHT_BASE_URL": base_url, **secret(settings)},
                watched=running.watched,
            )
        finally:
            address.unlink(missing_ok=True)


def secret(settings: Settings) -> dict[str, str]:
    """Return the key that the parts share: the configured one, or one made for this data folder."""
    if settings.secret_key:
        return {}
    path = settings.data / "secret.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(new_secret())
    return {"WARDLIGHT_SECRET_KEY": path.read_text()}


def up(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run the whole system in the foreground, with embedded servers where none are configured."""
    settings = Settings()
    configure(settings)
    with stopped_by_signal() as stop, whole_system(settings, host=host, port=port) as supervisor:
        log.info("wardlight is starting", address=f"http://{host}:{port}")
        supervisor.run(stop)


def serve(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run the API and the pages."""
    lifeline.hold_on()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        http=BoundedHeads,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=15,
    )


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


def migrate(
    check: Annotated[bool, typer.Option(help="Only compare tables in code and database.")] = False,
) -> None:
    """Bring the database schema to the newest revision, as its owner."""
    settings = Settings()
    configure(settings)
    with servers(settings, broker=False) as running:
        url = running.migration_database_url
        if check:
            app.migrate.check(url, app_role=settings.app_role)
        else:
            app.migrate.upgrade(url, app_role=settings.app_role)
        typer.echo(
            "the schema agrees with the code" if check else "the schema is at its newest revision"
        )


def run_health(
    part: Annotated[
        Part, typer.Option(help="Everything, or only whether work gets done.")
    ] = Part.ALL,
) -> None:
    """Say whether the system can do its job; exit code 1 where it cannot."""
    settings = Settings()
    running = Servers.configured(settings)
    if running is None:
        raise InvalidError("set WARDLIGHT_DATABASE_URL and WARDLIGHT_BROKER_URL")
    database = Database(running.database_url, field_keys=running.field_keys, pool_size=1)
    checks = health.ready(database, running.broker_url)
    database.close()
    if part is Part.PROGRESS:
        checks = {"pipeline": checks["pipeline"]}
    for name, state in checks.items():
        typer.echo(f"{name}: {state}")
    if any(state != "ok" for state in checks.values()):
        raise typer.Exit(1)
