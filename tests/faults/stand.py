"""Every part as a process of its own on real servers, each of which a test may kill or halt.

`tests.running_system` runs `wardlight up`, which mends what a test breaks. Here nothing comes
back before the test says so.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import psutil
import redis
from aiosmtpd.controller import Controller
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

import app.migrate
from alerts import lifecycle
from alerts.escalation import StepState
from alerts.tables import Alert, Step
from app.commands.clients import make_key, register_client
from core.database import Database
from core.embedded import EmbeddedServerError, Servers, servers
from core.outbox import Outbox, State
from core.sealing import Keyring
from core.settings import Environment, Settings
from lab.gateway import Gateway
from tests.faults.part import main
from tests.faults.served import CONTEXT
from tests.running_system import READY_SECONDS, Postbox, free_port, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.context import ForkServerProcess
    from pathlib import Path
    from uuid import UUID

LEASE_SECONDS = 4
# Deadlines are shortened so that a RED that nobody acknowledges escalates after 9 seconds.
SCALE = 0.01
WORKERS = ("worker-critical", "worker")
PARTS = {
    "api": ("serve", "--port", "{port}"),
    "worker-critical": ("worker", "--queues", "critical", "--processes", "1"),
    "worker": ("worker", "--processes", "2"),
    "relay": ("scheduler", "--only", "relay"),
    "timers": ("scheduler", "--only", "timers"),
}
LONE = ("worker", "--processes", "1")


@dataclass(slots=True)
class Stand:
    """The servers, and which process runs each part now."""

    data: Path
    running: Servers
    database: Database
    postbox: Postbox
    mail: Controller
    port: int
    environment: dict[str, str]
    processes: dict[str, ForkServerProcess] = field(default_factory=dict)
    gateways: list[Gateway] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data / "parts.log"

    def start(
        self, part: str, *, kind: str = "", odd: str = "", **environment: str
    ) -> ForkServerProcess:
        """Start a part under its own name; of another `kind`, as one more of that kind.

        `odd` names what is changed in it (`tests.faults.odd`).
        """
        arguments = [
            each.format(port=self.port) for each in ({**PARTS, "lone": LONE}[kind or part])
        ]
        variables = {**self.environment, **environment}
        given = (arguments, variables, str(self.log), odd, os.getpid())
        process = CONTEXT.Process(target=main, args=given)
        process.start()
        self.processes[part] = process
        return process

    def lives(self, part: str) -> bool:
        process = self.processes.get(part)
        return process is not None and process.is_alive()

    def ready(self, worker: str) -> bool:
        """Return whether a worker has said that it is ready."""
        said = rf"\b{self.processes[worker].pid}@\S+ ready"
        return re.search(said, self.log.read_text(errors="replace")) is not None

    def kill(self, *parts: str) -> int:
        """SIGKILL a part with its children, and return how many processes there were."""
        return sum(self._kill(part) for part in parts)

    def _kill(self, part: str) -> int:
        process = self.processes.pop(part, None)
        if process is None or not process.is_alive():
            return 0
        family = self.family(process)
        for each in family:
            with suppress(psutil.Error):
                each.kill()
        process.join()
        return len(family)

    def family(self, process: ForkServerProcess) -> list[psutil.Process]:
        with suppress(psutil.Error):
            parent = psutil.Process(process.pid)
            return [parent, *parent.children(recursive=True)]
        return []

    def children(self, part: str) -> list[psutil.Process]:
        return self.family(self.processes[part])[1:]

    def stop(self, *parts: str) -> None:
        """SIGTERM, as a deployment would."""
        going = [self.processes.pop(part) for part in parts if part in self.processes]
        for process in going:
            process.terminate()
        for process in going:
            process.join(timeout=40)

    def halt(self, *parts: str) -> None:
        self._signal(signal.SIGSTOP, parts)

    def go_on(self, *parts: str) -> None:
        self._signal(signal.SIGCONT, parts)

    def _signal(self, number: signal.Signals, parts: tuple[str, ...]) -> None:
        for part in parts:
            for each in self.family(self.processes[part]):
                with suppress(psutil.Error):
                    each.send_signal(number)

    def whole(self) -> None:
        """Start what does not run, and wait until the door answers and work is being closed."""
        self.look_after()
        for part in [each for each in self.processes if each not in PARTS]:
            self.kill(part)
        for part in PARTS:
            if not self.lives(part):
                self.start(part)
        until(self._ready, within=READY_SECONDS, what=f"readiness; log: {self.log}")

    def _ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/readyz", timeout=5).is_success
        return False

    def answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/healthz", timeout=2).is_success
        return False

    @contextmanager
    def looked_after(self, *parts: str) -> Iterator[None]:
        """Start these parts again at once whenever they die, until the block ends."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.1):
                for part in parts:
                    if not self.lives(part):
                        self.start(part)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @contextmanager
    def without_mail(self) -> Iterator[None]:
        """The mail server is away until the block ends."""
        self.mail.stop()
        try:
            yield
        finally:
            self.mail = Controller(self.postbox, hostname="127.0.0.1", port=self.mail.port)
            self.mail.start()

    def look_after(self) -> None:
        """Start a server that died again, as `up` would."""
        for look in self.running.watched:
            until(lambda look=look: _looked(look), within=60, what="the servers are back")  # type: ignore[misc]

    def server(self, name: str) -> psutil.Process:
        file = {"postgresql": "postgres/postmaster.pid", "valkey": "broker.pid"}[name]
        return psutil.Process(int((self.data / file).read_text().split()[0]))

    def end_server(self, name: str) -> None:
        """End a server without a chance to save: PostgreSQL by SIGQUIT, Valkey by SIGKILL."""
        process = self.server(name)
        process.send_signal(signal.SIGQUIT if name == "postgresql" else signal.SIGKILL)
        # Valkey is this process's child: it stays a zombie, which is dead all the same.
        until(lambda: not _runs(process), within=30, what=f"{name} is down")

    def flush(self) -> None:
        with redis.Redis.from_url(self.running.broker_url) as broker:
            broker.flushall()

    def gateway(self, name: str) -> Gateway:
        private, public = make_key()
        client = register_client(
            self.running.database_url, name, frozenset({"system/*.cruds"}), public
        )
        gateway = Gateway(self.url, {**private, "client_id": str(client)})
        self.gateways.append(gateway)
        return gateway

    def quiet(self) -> None:
        """End the alerts and the work that another test left, the given up included."""
        until(self._quiet, within=60, what="nobody holds what is ended")

    def _quiet(self) -> bool:
        with suppress(DBAPIError), self.database.transaction() as session:
            live = Alert.closed_at.is_(None)
            session.execute(select(Alert.id).where(live).order_by(Alert.id).with_for_update())
            waiting = Step.state == StepState.WAITING
            session.execute(update(Step).where(waiting).values(state=StepState.CANCELLED))
            session.execute(update(Alert).where(live).values(_CLOSED))
            session.execute(delete(Outbox).where(Outbox.state != State.DONE))
            return True
        return False

    def quiet_work(self, subject: UUID) -> None:
        with self.database.transaction() as session:
            session.execute(delete(Outbox).where(Outbox.subject_id == subject))


_CLOSED = {"state": lifecycle.State.RESOLVED, "closed_at": func.now()}


def _looked(look: Callable[[], str]) -> bool:
    with suppress(EmbeddedServerError):  # its recovery takes a while: look again
        look()
        return True
    return False


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@contextmanager
def standing(data: Path, **environment: str) -> Iterator[Stand]:
    """Yield a stand with every part running."""
    postbox, port = Postbox(), free_port()
    mail = Controller(postbox, hostname="127.0.0.1", port=free_port())
    mail.start()
    with servers(Settings(environment=Environment.TEST, data=data)) as running:
        app.migrate.upgrade(running.migration_database_url, app_role="wardlight_app")
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=3)
        settings = {
            **running.environment(),
            "WARDLIGHT_ENVIRONMENT": "development",
            "WARDLIGHT_DATA": str(data),
            "WARDLIGHT_SECRET_KEY": Keyring.fresh(),
            "WARDLIGHT_BASE_URL": f"http://127.0.0.1:{port}",
            "WARDLIGHT_SMTP_HOST": "127.0.0.1",
            "WARDLIGHT_SMTP_PORT": str(mail.port),
            "WARDLIGHT_FALLBACK_EMAIL": "fallback@clinic.example",
            "WARDLIGHT_LEASE_SECONDS": str(LEASE_SECONDS),
            "WARDLIGHT_ESCALATION_SCALE": str(SCALE),
            "WARDLIGHT_LOG_JSON": "true",
            **environment,
        }
        stand = Stand(data, running, database, postbox, mail, port, settings)
        try:
            stand.whole()
            yield stand
        finally:
            for gateway in stand.gateways:
                gateway.close()
            stand.look_after()
            stand.kill(*stand.processes)
            database.close()
            stand.mail.stop()
