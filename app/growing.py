"""A file that only ever grows, a line at a time: what stands in it stands outside the database."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from core.spool import OWNER_ONLY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def grow(path: Path, lines: Callable[[], Iterable[bytes]]) -> None:
    """Put lines on the disk, behind all others; raise `OSError` where they are not there.

    What is missing is asked for when nobody else writes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = [each + b"\n" for each in lines()]
        if found and not _whole(file):
            found.insert(0, b"\n")
        held = b"".join(found)
        if os.write(file, held) != len(held):
            raise OSError("the disk took only a part")
        os.fsync(file)
    finally:
        os.close(file)


def _whole(file: int) -> bool:
    """Return whether the last line is ended: a process may have died over it."""
    size = os.fstat(file).st_size
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"
