"""What is said of lines outside that cannot be read: whoever they are of may come back (SEC-44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MEND = (
    "put a copy of the file in its place; without one, and only where this database is no older"
    " copy, take the line out: what the database knows is written again"
)


def damaged(lines: Iterable[int]) -> str:
    """Return in one sentence what is wrong."""
    numbers = ", ".join(map(str, lines))
    return f"line {numbers} of erased.ndjson cannot be read, and nobody knows whose erasure it was"
