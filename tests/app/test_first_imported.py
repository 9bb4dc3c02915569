"""A process that shows no page starts without them: nothing imports in a circle from there."""

from __future__ import annotations

import subprocess
import sys


def test_the_timers_and_the_relay_load_when_nothing_else_was_loaded() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import app.relay"], capture_output=True, text=True, check=False
    )

    assert loaded.returncode == 0, loaded.stderr
