"""The API as a process that comes back fast: its modules are loaded once, then forked.

A test that kills it two hundred times can then afford to.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import uvicorn

from tests.running_system import free_port, until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.context import ForkServerProcess

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["app.main", "tests.faults.served", "tests.faults.part"])


def serve(port: int, environment: Mapping[str, str]) -> None:
    """Serve until killed; the body of the process."""
    os.environ.update(environment)
    uvicorn.run("app.main:create_app", factory=True, port=port, log_level="error", access_log=False)


@dataclass(slots=True)
class Served:
    """One address; whichever process answers there now."""

    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    process: ForkServerProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        own = {**self.environment, "WARDLIGHT_BASE_URL": self.url}
        self.process = CONTEXT.Process(target=serve, args=(self.port, own))
        self.process.start()

    def ready(self) -> None:
        until(self._answers, within=30, what="the API answers")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).is_success
        except httpx.HTTPError:
            time.sleep(0.02)
            return False

    def kill(self) -> None:
        """SIGKILL, with no chance to finish anything."""
        if self.process is not None and self.process.pid is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.join()
