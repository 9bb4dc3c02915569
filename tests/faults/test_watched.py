"""Each part killed in turn: the outside heartbeat stops, and the screen says it (FT-29)."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from app.accounts.service import NewUser, create_user
from core.clock import utc_now
from core.security import Role
from tests.faults.stand import PARTS, Stand, standing
from tests.running_system import Browser, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.table import Figures

pytestmark = [pytest.mark.processes, pytest.mark.faults]
PERIOD = 10.0  # seconds, for the minute: everything of the watch is scaled by it
BOUND = 3 * PERIOD  # for the three minutes
PASSWORD = "a long enough passphrase"
SERVERS = ("valkey", "postgresql")


@dataclass(slots=True)
class Ear:
    """Who listens outside, and when it was pinged."""

    url: str
    heard: list[float]

    def since(self, at: float) -> list[float]:
        return [each - at for each in self.heard if each > at]


@contextmanager
def listening() -> Iterator[Ear]:
    heard: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(time.monotonic())
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Ear(f"http://127.0.0.1:{server.server_port}/ping", heard)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    with listening() as found:
        yield found


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, ear: Ear) -> Iterator[Stand]:
    with standing(
        tmp_path_factory.mktemp("watched"),
        WARDLIGHT_ENVIRONMENT="test",
        WARDLIGHT_OUTBOUND_LOOPBACK="true",
        WARDLIGHT_HEARTBEAT_URL=ear.url,
        WARDLIGHT_WATCH_SECONDS=str(PERIOD),
    ) as running:
        with running.database.transaction() as session:
            new = NewUser("watches", "Watches", PASSWORD, Role.SUPERVISOR, None)
            create_user(session, new, now=utc_now())
        yield running


def page(stand: Stand) -> str:
    """Return the inbox, which is empty, as a supervisor sees it; nothing where there is no page."""
    browser = Browser(stand.url)
    with browser.http, suppress(httpx.HTTPError):
        browser.submit(browser.get("/sign-in"), "/sign-in", username="watches", password=PASSWORD)
        return browser.get("/inbox").text
    return ""


def kill(stand: Stand, part: str) -> None:
    if part in SERVERS:
        stand.end_server(part)
    else:
        assert stand.kill(part) >= 1


@pytest.mark.parametrize("part", [*PARTS, *SERVERS])
def test_a_part_that_is_killed_stops_the_heartbeat_and_the_screen_says_it_ft_29(
    watched: Stand, ear: Ear, figures: Figures, part: str
) -> None:
    """REL-33, REL-35, REL-36."""
    watched.whole()
    well = time.monotonic()
    until(lambda: ear.since(well), within=180, what="a ping while all is well")
    if part != "api":
        until(lambda: "Alerting normal" in page(watched), within=120, what="a normal page")

    kill(watched, part)
    killed = time.monotonic()
    time.sleep(BOUND + 2 * PERIOD)

    late = [each for each in ear.since(killed) if each > BOUND]
    figures.worst = max(ear.since(killed), default=0.0)
    assert late == []
    if part in ("api", "postgresql"):
        watched.look_after()
        if part == "api":
            watched.start("api")
        until(watched.answers, within=120, what="the API answers")
    assert "Alerting degraded" in page(watched)
