"""A real server on loopback over a seeded ward, and Debian's chromium to look at it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import sync_playwright
from pydantic import SecretStr

import app.pages.router
import ingest.router
from app import frontend
from app.interface import router as interface
from core.clock import utc_now
from core.settings import Environment, Settings
from tests.ward import PASSWORD, RIVERSIDE, Ward, keep_alive, open_ward

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from core.database import Database

ROOT = Path(__file__).parent.parent.parent
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
Open = Callable[..., "Page"]


# Of one file: while its driver lives, an event loop runs in the thread of all tests.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # The same engine without a browser's windows takes half of its time.
    found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Debian's chromium: .ci/run installs it")
        pytest.skip("no chromium on this machine: apt-get install chromium-headless-shell")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def assets() -> None:
    if not (frontend.STATIC / "manifest.json").is_file():
        frontend.install()
        frontend.build()


@pytest.fixture
def ward(database: Database, request: pytest.FixtureRequest) -> Ward:
    """A ward of its own for each test; a file that only looks opens one for all of its own.

    A file may say as `PEOPLE` whom alone it looks at.
    """
    return open_ward(database, people=getattr(request.module, "PEOPLE", RIVERSIDE))


@pytest.fixture(scope="module")
def address(database: Database, assets: None) -> Iterator[str]:
    _ = assets
    settings = Settings(
        environment=Environment.TEST,
        secret_key=SecretStr("k" * 40),
        base_url="http://127.0.0.1",
        site_timezone="Asia/Seoul",
        emergency_number="119",
        video_visit_url="https://meet.example/{id}",
    )
    web = FastAPI()
    web.include_router(ingest.router.router(database, settings))
    web.include_router(interface.router(web, settings))
    app.pages.router.mount(web, database, settings)
    with served(web) as at:
        yield at


@contextmanager
def served(web: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve pages on loopback and yield their address."""
    server = uvicorn.Server(
        uvicorn.Config(
            web, host="127.0.0.1", port=port, log_config=None, log_level="error", lifespan="off"
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def browse(chromium: Browser, database: Database, ward: Ward, address: str) -> Iterator[Open]:
    """Return a function that opens a page of a fresh browser profile."""
    _ = ward
    keep_alive(database, now=utc_now())
    with ExitStack() as stack:

        def new(locale: str = "en-GB", **options: object) -> Page:
            context: BrowserContext = chromium.new_context(
                base_url=address,
                locale=locale,
                **options,  # type: ignore[arg-type]
            )
            stack.callback(context.close)
            context.set_default_timeout(10_000)
            return context.new_page()

        yield new


def sign_in(page: Page, username: str) -> None:
    page.goto("/sign-in")
    page.locator("#username").fill(username)  # in whatever language
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url("**/inbox")


def visit(page: Page, path: str) -> None:
    """Open a page that must be there: what is refused looks fine as well."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.ok, path


def screenshot(page: Page, name: str) -> None:
    folder = os.environ.get("WARDLIGHT_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
