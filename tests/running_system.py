"""The real program as processes, for flow and fault tests: started, posted to, killed, read."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from alerts.notify.email import Mailer
from app.commands.clients import make_key, register_client
from core.database import Database
from core.embedded import servers
from core.settings import Environment, Settings
from lab.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message as Mail

    from aiosmtpd.smtp import SMTP, Envelope
    from aiosmtpd.smtp import Session as SMTPSession

ROOT = Path(__file__).parent.parent
READY_SECONDS = 90.0


class Postbox(Message):
    """A real SMTP receiver on loopback that keeps what it is sent.

    By address: what it answers when one is named as a recipient, and when the mail itself comes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.letters: list[Mail] = []
        self.refused: dict[str, str] = {}
        self.busy: dict[str, str] = {}

    async def handle_RCPT(  # noqa: N802 (aiosmtpd looks for this name)
        self,
        _server: SMTP,
        _session: SMTPSession,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd looks for this name)
        self, server: SMTP, session: SMTPSession, envelope: Envelope
    ) -> str:
        for each in envelope.rcpt_tos:
            if each in self.busy:
                return self.busy[each]
        taken: str = await super().handle_DATA(server, session, envelope)
        return taken

    def handle_message(self, message: Mail) -> None:
        self.letters.append(message)


class Browser:
    """A person's browser without JavaScript: cookies, forms, and what the page says."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, timeout=20)

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path, headers={"Accept": "text/html"})

    def submit(self, page: httpx.Response, action: str, /, **fields: str) -> httpx.Response:
        """Submit the form with this action, with its hidden fields."""
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)
        if form is None:
            raise AssertionError(f"no form for {action} on the page")
        hidden = dict(
            re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form[0])
        )
        return self.http.post(
            action,
            data={**hidden, **fields},
            headers={"Accept": "text/html", "Origin": str(self.http.base_url).rstrip("/")},
        )


@dataclass(slots=True)
class System:
    """A running Wardlight, its data folder, its mail, and its database."""

    process: subprocess.Popen[bytes]
    data: Path
    base_url: str
    postbox: Postbox
    log: Path
    database: Database
    database_url: str
    gateways: list[Gateway] = field(default_factory=list)
    browsers: list[Browser] = field(default_factory=list)

    def gateway(self, name: str, *, scopes: str = "system/*.cruds") -> Gateway:
        private, public = make_key()
        client = register_client(self.database_url, name, frozenset(scopes.split()), public)
        gateway = Gateway(self.base_url, {**private, "client_id": str(client)})
        self.gateways.append(gateway)
        return gateway

    def browser(self) -> Browser:
        browser = Browser(self.base_url)
        self.browsers.append(browser)
        return browser

    def children(self, part: str) -> list[psutil.Process]:
        """Return the processes of one part: its command line names it."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if part in " ".join(child.cmdline()):
                    found.append(child)
            except psutil.Error:
                continue
        return found

    def kill(self, part: str) -> int:
        """Kill -9 every process of a part and return how many there were."""
        victims = self.children(part)
        for victim in victims:
            try:
                victim.send_signal(signal.SIGKILL)
            except psutil.Error:
                continue
        return len(victims)


def until(answer: Callable[[], Any], *, within: float, what: str) -> Any:
    """Return the first true answer, or fail saying what was waited for."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        value = answer()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {within} s: {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def post_office() -> Iterator[tuple[Postbox, Mailer]]:
    """Run a real SMTP receiver, with what sends to it."""
    postbox, port = Postbox(), free_port()
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield postbox, Mailer(host="127.0.0.1", port=port, sender="Wardlight <w@clinic.example>")
    finally:
        controller.stop()


@contextmanager
def running_system(data: Path, **environment: str) -> Iterator[System]:
    """Run `wardlight up` as a process on embedded servers with a real mail receiver."""
    postbox = Postbox()
    mail = Controller(postbox, hostname="127.0.0.1", port=free_port())
    mail.start()
    port = free_port()
    log = data / "up.log"
    settings = {
        "WARDLIGHT_ENVIRONMENT": "development",
        "WARDLIGHT_DATA": str(data),
        "WARDLIGHT_SMTP_HOST": "127.0.0.1",
        "WARDLIGHT_SMTP_PORT": str(mail.port),
        "WARDLIGHT_FALLBACK_EMAIL": "fallback@clinic.example",
        "WARDLIGHT_LOG_JSON": "true",
        **environment,
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "up", "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield from _ready(process, data, f"http://127.0.0.1:{port}", postbox)
    finally:
        _end(process)
        mail.stop()


def _ready(
    process: subprocess.Popen[bytes], data: Path, base_url: str, postbox: Postbox
) -> Iterator[System]:
    log = data / "up.log"

    def answers() -> bool:
        if process.poll() is not None:
            raise AssertionError(
                f"`up` ended with {process.returncode}:\n{log.read_text()[-3000:]}"
            )
        try:
            return httpx.get(f"{base_url}/readyz", timeout=5).is_success
        except httpx.HTTPError:
            return False

    until(answers, within=READY_SECONDS, what=f"readiness; log:\n{log}")
    settings = Settings(environment=Environment.TEST, data=data)
    with servers(settings, broker=False) as attached:
        database = Database(attached.database_url, field_keys=attached.field_keys, pool_size=2)
        system = System(process, data, base_url, postbox, log, database, attached.database_url)
        try:
            yield system
        finally:
            for gateway in system.gateways:
                gateway.close()
            for browser in system.browsers:
                browser.http.close()
            database.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=35)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError("`up` did not stop within 35 s of SIGTERM") from None
