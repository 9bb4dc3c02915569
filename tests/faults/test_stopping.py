"""SIGTERM ends everything cleanly within 30 seconds, and what was started is stopped (REL-37)."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.running_system import running_system

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.processes


def test_sigterm_stops_every_process_and_server_within_30_seconds(tmp_path: Path) -> None:
    with running_system(tmp_path) as system:
        family = psutil.Process(system.process.pid).children(recursive=True)
        system.database.close()
        began = time.monotonic()

        system.process.send_signal(signal.SIGTERM)
        code = system.process.wait(timeout=40)

        assert code == 0
        assert time.monotonic() - began < 30
        _, alive = psutil.wait_procs(family, timeout=3)
        assert not alive


@pytest.mark.faults
def test_children_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    with running_system(tmp_path) as system:
        family = [
            child
            for child in psutil.Process(system.process.pid).children(recursive=True)
            if "python" in child.name()
        ]

        system.process.send_signal(signal.SIGKILL)
        system.process.wait(timeout=5)

        assert family
        _, alive = psutil.wait_procs(family, timeout=30)
        assert not alive
