"""End a child process when the supervisor that started it is gone, however it went."""

from __future__ import annotations

import os
import signal
import threading
import time

PARENT_VARIABLE = "WARDLIGHT_SUPERVISOR_PID"
LOOK_EVERY_SECONDS = 1.0


def hold_on() -> None:
    """Watch the supervisor named in the environment, if any, and stop when it has gone."""
    parent = os.environ.get(PARENT_VARIABLE)
    if parent:
        threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
