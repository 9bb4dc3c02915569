"""A command of the program as a process that starts fast: forked where its modules are loaded."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import psutil

import app.cli
import app.main  # what `serve` names as text
import app.tasks  # what Celery names as text
from app.worker import celery, for_broker
from tests.faults.odd import ODD

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["main"]
app.cli.build()  # every command, before the fork


def main(
    arguments: list[str], environment: Mapping[str, str], log: str, odd: str, tested_by: int
) -> None:
    """Be `wardlight <arguments>`, with the one oddity that a test asks for, if any."""
    os.setsid()
    threading.Thread(target=_end_with, args=(tested_by,), daemon=True).start()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.update(environment)
    broker = environment["WARDLIGHT_BROKER_URL"]  # it was read at the import
    celery.conf.update(broker_url=broker, **for_broker(broker))
    if odd:
        ODD[odd]()
    sys.argv = ["wardlight", *arguments]
    app.cli.main()


def _end_with(test: int) -> None:
    """End when the test is gone, however it went."""
    while psutil.pid_exists(test):
        time.sleep(2)
    os.kill(os.getpid(), signal.SIGKILL)
