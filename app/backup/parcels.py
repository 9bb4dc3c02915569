"""Received bytes lie packed among those of others: apart by person in a backup, and together again.

What is of one person is cut out into frames of their own; in its place there are zeros. Where a
person's frames do not open any more, the zeros stay.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from zstandard import ZstdCompressor, ZstdDecompressor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.sealing import Keyring

_HEAD = 16 + 4 + 4  # parcel, start, length


@dataclass(slots=True)
class Group:
    """Some parcels, apart: the ground of each, and the pieces of each person (None: the ground)."""

    size: int = 0
    parts: dict[UUID | None, list[bytes]] = field(default_factory=lambda: defaultdict(list))

    def add(self, parcel: UUID, held: bytes, spans: Iterable[tuple[UUID, int, int]]) -> None:
        """Take one opened parcel apart; `spans` are person, start and length."""
        ground = bytearray(held)
        for person, start, length in spans:
            self.parts[person].append(_piece(parcel, start, held[start : start + length]))
            ground[start : start + length] = bytes(length)
        self.parts[None].append(_piece(parcel, 0, bytes(ground)))
        self.size += len(held)


def _piece(parcel: UUID, start: int, held: bytes) -> bytes:
    return parcel.bytes + start.to_bytes(4, "big") + len(held).to_bytes(4, "big") + held


def pieces(said: bytes) -> Iterator[tuple[UUID, int, bytes]]:
    """Yield parcel, start and bytes of each piece."""
    at = 0
    while at < len(said):
        start, length = (
            int.from_bytes(said[at + offset : at + offset + 4], "big") for offset in (16, 20)
        )
        yield UUID(bytes=said[at : at + 16]), start, said[at + _HEAD : at + _HEAD + length]
        at += _HEAD + length


def together(grounds: Iterable[bytes], parts: Iterable[bytes]) -> dict[UUID, bytes]:
    """Return parcels with the pieces that there are in their places."""
    made = {parcel: bytearray(held) for said in grounds for parcel, _, held in pieces(said)}
    for said in parts:
        for parcel, start, held in pieces(said):
            made[parcel][start : start + len(held)] = held
    return {parcel: bytes(held) for parcel, held in made.items()}


def opened(ring: Keyring, parcel: UUID, sealed: bytes) -> bytes:
    """Return the bodies of a stored parcel."""
    return ZstdDecompressor().decompress(ring.open(sealed, place=f"parcel/{parcel}"))


def closed(ring: Keyring, parcel: UUID, held: bytes) -> bytes:
    """Return bodies as a parcel is stored."""
    return ring.seal(ZstdCompressor().compress(held), place=f"parcel/{parcel}")
