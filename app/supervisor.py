"""`wardlight up`: every part of the system as a process of its own, restarted when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.lifeline import PARENT_VARIABLE
from app.queues import CRITICAL, QUEUES
from core.embedded import EmbeddedServerError
from core.logging import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

log = logger(__name__)
STOP_WITHIN_SECONDS = 28.0
LOOK_EVERY_SECONDS = 0.2
WATCH_EVERY_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
STEADY_AFTER_SECONDS = 30.0


@dataclass(slots=True)
class Child:
    """One part of the system and the process that runs it now."""

    name: str
    arguments: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS


def parts(*, host: str, port: int, workers: int) -> list[Child]:
    """Return the processes of a whole system; one worker group is kept for what is critical."""
    return [
        Child("api", ("serve", "--host", host, "--port", str(port))),
        Child("worker-critical", ("worker", "--queues", CRITICAL, "--processes", "1")),
        Child("worker", ("worker", "--queues", ",".join(QUEUES), "--processes", str(workers))),
        Child("relay", ("scheduler", "--only", "relay")),
        Child("timers", ("scheduler", "--only", "timers")),
    ]


@dataclass(slots=True)
class Supervisor:
    """Keep the children running until told to stop, then stop them all within 30 seconds."""

    children: list[Child]
    environment: Mapping[str, str]
    restarts: dict[str, int] = field(default_factory=dict)
    watched: tuple[Callable[[], str], ...] = ()  # embedded servers, see `core.embedded.Servers`
    watch_again_at: float = 0.0

    def run(self, stop: Event) -> None:
        """Start everything and watch it; return after everything has stopped."""
        for child in self.children:
            self._start(child)
        try:
            while not stop.wait(LOOK_EVERY_SECONDS):
                for child in self.children:
                    self._look_at(child)
                self._watch()
        finally:
            self._stop_all()

    def _start(self, child: Child) -> None:
        environment = {**os.environ, **self.environment, PARENT_VARIABLE: str(os.getpid())}
        # The child is this program again. Its own process group keeps a terminal's
        # Ctrl-C from reaching it before the supervisor has decided the order of stopping.
        child.process = subprocess.Popen(
            [sys.executable, "-m", "app", *child.arguments], env=environment, start_new_session=True
        )
        child.started_at = time.monotonic()
        log.info("started", part=child.name, pid=child.process.pid)

    def _look_at(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                if now - child.started_at > STEADY_AFTER_SECONDS:
                    child.pause = FIRST_PAUSE_SECONDS
                return
            self.restarts[child.name] = self.restarts.get(child.name, 0) + 1
            log.error("died, starting again", part=child.name, code=code, in_seconds=child.pause)
            child.process = None
            child.start_again_at = now + child.pause
            child.pause = min(child.pause * 2, LONGEST_PAUSE_SECONDS)
        if now >= child.start_again_at:
            self._start(child)

    def _watch(self) -> None:
        if time.monotonic() < self.watch_again_at:
            return
        for look in self.watched:
            try:
                revived = look()
            except EmbeddedServerError as error:
                log.exception("embedded server cannot be started again", exc_info=error)
                continue
            if revived:
                log.error("embedded server died, started again", server=revived)
        self.watch_again_at = time.monotonic() + WATCH_EVERY_SECONDS

    def _stop_all(self) -> None:
        alive = [c for c in self.children if c.process is not None and c.process.poll() is None]
        for child in alive:
            _signal(child, signal.SIGTERM)
        deadline = time.monotonic() + STOP_WITHIN_SECONDS
        for child in alive:
            if child.process is None:
                continue
            try:
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("did not stop in time, killed", part=child.name)
                _kill_group(child)
        log.info("stopped")


def _signal(child: Child, number: int) -> None:
    if child.process is not None and child.process.poll() is None:
        child.process.send_signal(number)


def _kill_group(child: Child) -> None:
    if child.process is not None:
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
