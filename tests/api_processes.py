"""API processes on servers that run already: started on ports of their own, ended by their id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.running_system import READY_SECONDS, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.embedded import Servers

ROOT = Path(__file__).parent.parent


@contextmanager
def api_processes(
    servers: Servers, folder: Path, *, count: int = 1, **environment: str
) -> Iterator[list[tuple[str, int]]]:
    """Yield the address and the process id of each; they share servers and secret."""
    settings = {
        **os.environ,
        **servers.environment(),
        "WARDLIGHT_ENVIRONMENT": "test",
        "WARDLIGHT_SECRET_KEY": "k" * 40,
        **environment,
    }
    with ExitStack() as stack:
        started = [_started(stack, folder, settings) for _ in range(count)]
        for address, _ in started:
            until(lambda a=address: _alive(a), within=READY_SECONDS, what=f"{address} answers")  # type: ignore[misc]
        yield started


def _started(stack: ExitStack, folder: Path, settings: dict[str, str]) -> tuple[str, int]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    out = stack.enter_context((folder / f"api-{port}.log").open("wb"))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", str(port)],
        cwd=ROOT,
        env={"WARDLIGHT_BASE_URL": address, **settings},
        stdout=out,
        stderr=out,
    )
    stack.callback(_end, process)
    return address, process.pid


def _alive(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
