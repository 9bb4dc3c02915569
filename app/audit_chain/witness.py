"""The file of heads outside the database: who rewrites the database does not rewrite this.

One file in the data folder, only ever appended to, of which each instance has its own.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from app.audit_chain.heads import Head
from core.spool import OWNER_ONLY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = "audit-heads.ndjson"
_TAIL = 4096  # more than any line


@dataclass(frozen=True, slots=True)
class Witness:
    """The heads that were put outside."""

    path: Path

    def last(self) -> int:
        """Return the number of the newest head, 0 where there is none."""
        try:
            with self.path.open("rb") as file:
                file.seek(max(0, self.path.stat().st_size - _TAIL))
                found = [_head(line) for line in file.read().splitlines()]
        except FileNotFoundError:
            return 0
        return max((each.number for each in found if each), default=0)

    def read(self) -> tuple[list[Head], int]:
        """Return every head, and how many lines are none."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return [], 0
        found = [_head(line) for line in lines]
        return [each for each in found if each], found.count(None)

    def append(self, heads: Iterable[Head]) -> None:
        """Put heads on the disk, behind all others; raise `OSError` where they are not there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, OWNER_ONLY)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            after = self.last()
            lines = [msgspec.json.encode(each) + b"\n" for each in heads if each.number > after]
            if lines and not _whole(file):
                lines.insert(0, b"\n")
            held = b"".join(lines)
            if os.write(file, held) != len(held):
                raise OSError("the disk took only a part")
            os.fsync(file)
        finally:
            os.close(file)


def _head(line: bytes) -> Head | None:
    try:
        return msgspec.json.decode(line, type=Head)
    except (msgspec.MsgspecError, ValueError):
        return None


def _whole(file: int) -> bool:
    """Return whether the last line is ended: a process may have died over it."""
    size = os.fstat(file).st_size
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"
