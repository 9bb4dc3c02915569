"""How events of the audit are hashed into blocks, and what of a block is not as it was sealed.

Pure. A block names each of its rows by id and digest, so that a row which differs is named.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What of an event is sealed, in this order: everything that it says.
SEALED = (
    "id", "turn", "recorded", "caller_kind", "caller_id", "action", "entity", "entity_id",
    "patient_id", "outcome", "purpose", "address", "query_id",
)  # fmt: skip
ID, DIGEST = 8, 24  # bytes of a row in the leaves of its block
LEAF = ID + DIGEST
GENESIS = b"\0" * 32


@dataclass(frozen=True, slots=True)
class Block:
    """Some events in the order of their turns, up to a last one, and the block before."""

    number: int
    turn: int
    last_id: int
    count: int
    latest: datetime  # when the newest of them was recorded
    sealed_at: datetime
    rows_hash: bytes
    previous: bytes

    @property
    def hash(self) -> bytes:
        """Return what the next block, and a head, names this one by."""
        said = [
            self.number,
            self.turn,
            self.last_id,
            self.count,
            self.latest.astimezone(UTC),
            self.sealed_at.astimezone(UTC),
            self.rows_hash.hex(),
            self.previous.hex(),
        ]
        return hashlib.sha256(msgspec.json.encode(said)).digest()


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of a block that is not as it was sealed."""

    id: int
    how: str  # "changed" | "deleted" | "inserted"


def leaf(row: Sequence[Any]) -> bytes:
    """Return the id and the digest of an event, whose values are in the order of `SEALED`."""
    said = [each.astimezone(UTC) if isinstance(each, datetime) else each for each in row]
    number: int = row[0]
    return number.to_bytes(ID) + hashlib.sha256(msgspec.json.encode(said)).digest()[:DIGEST]


def leaves_of(rows: Iterable[Sequence[Any]]) -> bytes:
    """Return the leaves of a block, one behind the other."""
    return b"".join(map(leaf, rows))


def rows_hash(leaves: bytes) -> bytes:
    """Return the hash over all rows of a block."""
    return hashlib.sha256(leaves).digest()


def differences(sealed: bytes, found: bytes) -> list[Difference]:
    """Return which rows differ between the leaves that were sealed and those that are found."""
    was, now = _by_id(sealed), _by_id(found)
    return [
        *(Difference(id_, "changed") for id_ in was.keys() & now.keys() if was[id_] != now[id_]),
        *(Difference(id_, "deleted") for id_ in was.keys() - now.keys()),
        *(Difference(id_, "inserted") for id_ in now.keys() - was.keys()),
    ]


def _by_id(leaves: bytes) -> dict[int, bytes]:
    each = (leaves[at : at + LEAF] for at in range(0, len(leaves), LEAF))
    return {int.from_bytes(one[:ID]): one[ID:] for one in each}
