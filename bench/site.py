"""A Wardlight of its own for the benchmark: real servers, one real API process, one client."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx
from aiosmtpd.controller import Controller

import app.migrate
from app.commands.clients import make_key, register_client
from app.commands.tokens import fetch_token
from core.embedded import Servers, servers
from core.settings import Environment, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from aiosmtpd.smtp import Envelope

SCOPES = frozenset({"system/*.cruds"})
READY_SECONDS = 60.0
UNBOUNDED = {
    "WARDLIGHT_LIMIT_CLIENT": "1000000000",
    "WARDLIGHT_LIMIT_PATIENT": "1000000000",
    "WARDLIGHT_LIMIT_ADDRESS": "1000000000",
    "WARDLIGHT_LIMIT_TOKEN": "1000000",
    "WARDLIGHT_BACKLOG_BULK_SECONDS": "1000000",
    "WARDLIGHT_BACKLOG_ALL_SECONDS": "1000000",
}


@dataclass(frozen=True, slots=True)
class Site:
    """Where everything is. The limits and the load gate are counted, but never close."""

    running: Servers
    data: Path
    api_port: int
    api_pid: int
    decoder_port: int
    key: dict[str, Any]
    patients: tuple[str, ...]

    def token(self) -> str:
        """Return a fresh bearer token."""
        return fetch_token(self.key, base_url=f"http://127.0.0.1:{self.api_port}")

    @property
    def owner_url(self) -> str:
        """Where the tables can be looked at and filled."""
        return self.running.migration_database_url


@contextmanager
def site(*, patients: int) -> Iterator[Site]:
    """Yield a migrated Wardlight with people, and the decoder beside it."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(TemporaryDirectory(ignore_cleanup_errors=True)))
        settings = Settings(environment=Environment.DEVELOPMENT, data=data)
        running = stack.enter_context(servers(settings))
        app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
        api, decoder = _free_port(), _free_port()
        environment = {
            **os.environ,
            **running.environment(),
            **UNBOUNDED,
            "WARDLIGHT_BASE_URL": f"http://127.0.0.1:{api}",
            "WARDLIGHT_SECRET_KEY": "k" * 40,
        }
        serve = [sys.executable, "-m", "app", "serve", "--port", str(api)]
        decode = [sys.executable, "-m", "uvicorn", "--factory", "bench.ceilings:create_app"]
        decode += ["--port", str(decoder), "--no-access-log", "--log-level", "warning"]
        pid = _start(stack, serve, environment, data / "api.log", api)
        _start(stack, decode, environment, data / "decoder.log", decoder)
        private, public = make_key()
        client = register_client(running.database_url, "bench", SCOPES, public)
        key = {**private, "client_id": str(client)}
        made = Site(running, data, api, pid, decoder, key, ())
        people = tuple(_enrol(made, patients))
        yield Site(running, data, api, pid, decoder, key, people)


def _start(
    stack: ExitStack, command: list[str], environment: dict[str, str], log: Path, port: int
) -> int:
    out = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(
        command, cwd=Path(__file__).parent.parent, env=environment, stdout=out, stderr=out
    )
    stack.callback(_end, process)
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).is_success:
                return process.pid
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError(f"does not answer: {log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _enrol(at: Site, count: int) -> Iterator[str]:
    headers = {"Authorization": f"Bearer {at.token()}", "Content-Type": "application/fhir+json"}
    address = f"http://127.0.0.1:{at.api_port}/fhir/Patient"
    with httpx.Client(headers=headers, timeout=30) as http:
        for number in range(count):
            named = [{"system": "urn:bench", "value": str(number)}]
            patient = {"resourceType": "Patient", "birthDate": "1946-04-01", "identifier": named}
            answer = http.post(address, json=patient)
            answer.raise_for_status()
            yield answer.headers["Location"].split("/Patient/")[1].partition("/")[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def up(data: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run the whole program as `wardlight up` does, and yield its address."""
    port = _free_port()
    log = data / "up.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "up", "--port", str(port)],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "WARDLIGHT_DATA": str(data), **environment},
            stdout=out,
            stderr=out,
        )
    address, until = f"http://127.0.0.1:{port}", time.monotonic() + 5 * READY_SECONDS
    try:
        while not _ready(address):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError(f"does not answer: {log.read_text()[-2000:]}")
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=60)


def _ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5).is_success
    except httpx.HTTPError:
        return False


@dataclass(slots=True)
class PostOffice:
    """A real SMTP server on loopback that notes when it took each message."""

    port: int = 0
    arrivals: dict[str, float] = field(default_factory=dict)

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd looks for this name)
        """Note the message by its id, which is its delivery's."""
        content = envelope.original_content or b""
        name = content.partition(b"Message-ID: <")[2].partition(b"@")[0].decode()
        self.arrivals.setdefault(name, time.monotonic())
        return "250 OK"

    def taken(self, delivery: UUID) -> float:
        """Return when a message was taken, once it is."""
        until = time.monotonic() + READY_SECONDS
        while str(delivery) not in self.arrivals:
            if time.monotonic() > until:
                raise RuntimeError("the message never came")
            time.sleep(0.002)
        return self.arrivals[str(delivery)]


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """Run the mail server for the block."""
    office = PostOffice(_free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
