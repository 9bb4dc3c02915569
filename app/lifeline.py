"""What ends a process: a signal, or that the supervisor which started it is gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PARENT_VARIABLE = "WARDLIGHT_SUPERVISOR_PID"
LOOK_EVERY_SECONDS = 1.0
# Set when this process is asked to end: what would never end by itself looks at it.
leaving = threading.Event()


def hold_on() -> None:
    """Watch the supervisor named in the environment, if any, and stop when it has gone."""
    parent = os.environ.get(PARENT_VARIABLE)
    if parent:
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def stopped_by_signal() -> Iterator[threading.Event]:
    """Yield an event that SIGTERM or SIGINT sets."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    yield stop
