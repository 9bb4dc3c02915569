"""Reads a file without being held up by it: a share that is away never answers (FT-33)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable
    from pathlib import Path


def read_within(source: Path | Traversable, *, seconds: float) -> str:
    """Return a file's text, or raise `TimeoutError` where it does not come in time.

    A read that hangs cannot be taken back: its thread is left to itself and ends with the process.
    """
    text: list[str] = []
    faults: list[Exception] = []

    def read() -> None:
        try:
            text.append(source.read_text(encoding="utf-8"))
        except (OSError, ValueError) as fault:
            faults.append(fault)

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    reading.join(seconds)
    if faults:
        raise faults[0]
    if not text:
        raise TimeoutError("the file does not answer")
    return text[0]
