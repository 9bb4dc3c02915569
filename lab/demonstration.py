"""`wardlight demo`: the whole system on synthetic people, from a posted reading to the inbox."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Console
from rich.progress import Progress

from app.commands.clients import make_key, register_client
from app.commands.system import Host, Port, whole_system
from app.lifeline import stopped_by_signal
from core.clock import utc_now
from core.database import Database
from core.embedded import field_keys
from core.errors import ConflictError, InvalidError
from core.logging import configure
from core.security import new_secret
from core.settings import Environment, Settings
from lab import standing, turns
from lab.demo import cohort
from lab.gateway import Gateway, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from lab.demo import Cohort

READY_WITHIN_SECONDS = 90.0
SETTLED_WITHIN_SECONDS = 240.0
LIVE_EVERY_SECONDS = 2.0
EXIT_NO_ALERT = 1
SEED = 20261123

console = Console(stderr=True)


@dataclass(slots=True)
class Demonstration:
    """One run of the demo: where it listens, who may sign in, what was posted."""

    base_url: str
    database: Database
    logins: list[standing.Login] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def demo(
    patients: Annotated[int, typer.Option(min=1, max=500, help="How many people.")] = 20,
    days: Annotated[int, typer.Option(min=1, max=365, help="Days of readings before now.")] = 30,
    port: Port = 8000,
    host: Host = "127.0.0.1",
    once: Annotated[
        bool, typer.Option("--once", help="End when alerts are delivered; print a summary.")
    ] = False,
) -> None:
    """Show Wardlight: a synthetic cohort, its readings over HTTP, alerts in the inbox."""
    began = time.monotonic()
    settings = demo_settings()
    configure(settings)
    with (
        stopped_by_signal() as stop,
        running(settings, host=host, port=port, stop=stop) as show,
    ):
        people = cohort(patients, days, now=utc_now(), seed=SEED)
        populate(show, people, stop)
        settle(show, stop)
        summary = standing.summary(show.database, show.tally, began=began)
        summary["visible_in_inbox"] = standing.visible(show.base_url, show.logins)
        if once:
            typer.echo(json.dumps(summary))
        else:
            introduce(show, summary)
            keep_feeding(show, people, stop)
    if once and not (summary["deliveries"] and summary["visible_in_inbox"]):
        raise typer.Exit(EXIT_NO_ALERT)


def demo_settings() -> Settings:
    """Return settings for a demo, in a data folder of its own that starts empty.

    Raises
    ------
    InvalidError
        In production, or on a configured database: synthetic people stay apart (SEC-49).
    """
    settings = Settings()
    if settings.environment is Environment.PRODUCTION or settings.database_url:
        raise InvalidError(
            "the demo runs on its own embedded servers; unset WARDLIGHT_DATABASE_URL"
        )
    data = settings.data / "demo"
    address = settings.model_copy(update={"data": data}).address_file
    if address.exists() and _answers(address.read_text()):
        raise ConflictError(f"a demo is running already at {address.read_text()}")
    shutil.rmtree(data, ignore_errors=True)
    os.environ["WARDLIGHT_ENVIRONMENT"] = Environment.DEMO
    os.environ["WARDLIGHT_DATA"] = str(data)
    os.environ.setdefault("WARDLIGHT_LOG_LEVEL", "WARNING")
    return Settings()


@contextmanager
def running(settings: Settings, *, host: str, port: int, stop: Event) -> Iterator[Demonstration]:
    """Yield a running, ready system; everything it started has stopped afterwards."""
    ended = threading.Event()
    with whole_system(settings, host=host, port=port) as supervisor:
        keeper = threading.Thread(target=supervisor.run, args=(ended,))
        keeper.start()
        database = Database(
            supervisor.environment["WARDLIGHT_DATABASE_URL"],
            field_keys=field_keys(settings),
            pool_size=2,
        )
        try:
            base_url = f"http://{host}:{port}"
            wait_until_ready(base_url, stop)
            yield Demonstration(base_url, database)
        finally:
            database.close()
            ended.set()
            keeper.join()


def wait_until_ready(base_url: str, stop: Event) -> None:
    """Return once `/readyz` answers 200."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    with console.status("starting PostgreSQL, Valkey, API, workers, relay and timers"):
        while time.monotonic() < deadline and not stop.is_set():
            if _answers(base_url):
                return
            stop.wait(0.2)
    raise ConflictError(f"the system was not ready within {READY_WITHIN_SECONDS:.0f} s")


def _answers(base_url: str) -> bool:
    try:
        return httpx.get(f"{base_url}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False


def populate(show: Demonstration, people: Cohort, stop: Event) -> None:
    """Enrol everybody and post what they measured, over HTTP, as FHIR."""
    loader, gateway = (_client(show, name, history=name == "demo-history") for name in CLIENTS)
    batches = [
        *((loader, bundle) for bundle in people.enrolment_bundles),
        *((loader, bundle) for bundle in people.history_bundles),
        *((gateway, bundle) for bundle in people.recent_bundles),
    ]
    enrolment = Tally()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("posting readings as FHIR", total=len(batches))
        for number, (door, bundle) in enumerate(batches):
            if stop.is_set():
                return
            door.post(bundle, enrolment if number < len(people.enrolment_bundles) else show.tally)
            if number == len(people.enrolment_bundles) - 1:
                show.logins = standing.create_logins(show.database, password=new_secret()[:20])
                turns.keep_rotas(show.database, ZoneInfo(Settings().site_timezone))
            progress.advance(task)
    if enrolment.refused:
        raise ConflictError(f"the cohort was not enrolled: {'; '.join(enrolment.reasons[:3])}")
    loader.close()
    gateway.close()


CLIENTS = ("demo-history", "demo-gateway")
SCOPES = frozenset({"system/*.cruds"})


def _client(show: Demonstration, name: str, *, history: bool) -> Gateway:
    private, public = make_key()
    url = show.database.engine.url.render_as_string(hide_password=False)
    client_id = register_client(url, name, SCOPES, public, history=history)
    return Gateway(show.base_url, {**private, "client_id": str(client_id)})


def settle(show: Demonstration, stop: Event) -> None:
    """Wait until every posted reading is assessed and every alert is handed over."""
    deadline = time.monotonic() + SETTLED_WITHIN_SECONDS
    with console.status("assessing, raising, delivering") as status:
        while time.monotonic() < deadline and not stop.is_set():
            left = standing.work_left(show.database)
            if left == 0:
                return
            status.update(f"assessing, raising, delivering: {left} steps left")
            stop.wait(0.3)


def introduce(show: Demonstration, summary: dict[str, Any]) -> None:
    """Say where to look, and who may sign in."""
    typer.echo(f"Wardlight demo: {show.base_url}  (synthetic people; not a medical device)")
    for login in show.logins:
        typer.echo(f"  {login.username:<14} {login.password:<22} {login.about}")
    alerts = ", ".join(f"{count} {tier}" for tier, count in summary["alerts"].items())
    typer.echo(f"{summary['readings_accepted']} readings accepted; open alerts: {alerts or 'none'}")
    typer.echo("Readings keep arriving. Ctrl-C ends the demo.")


def keep_feeding(show: Demonstration, people: Cohort, stop: Event) -> None:
    """Post a reading now and then until the demo is ended."""
    gateway = _client(show, "demo-live", history=False)
    feed = people.live(utc_now(), Random(SEED))
    while not stop.wait(LIVE_EVERY_SECONDS):
        gateway.post(next(feed), show.tally)
    gateway.close()
