"""The file of heads outside the database: who rewrites the database does not rewrite this.

One file in the data folder, only ever appended to, of which each instance has its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from app.audit_chain.heads import Head
from app.growing import grow

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
        grow(self.path, lambda: self._missing(heads))

    def _missing(self, heads: Iterable[Head]) -> list[bytes]:
        after = self.last()
        return [msgspec.json.encode(each) for each in heads if each.number > after]


def _head(line: bytes) -> Head | None:
    try:
        return msgspec.json.decode(line, type=Head)
    except (msgspec.MsgspecError, ValueError):
        return None
