"""Seals received bytes in parcels, and cuts single bodies out of them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from zstandard import ZstdCompressor, ZstdDecompressor

from core.ordered_ids import ordered_ids
from core.rows import copy_rows
from core.sealing import keyring_of
from ingest.tables import Parcel

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

FULL = 1 << 20  # bytes: to read one body, its whole parcel is opened
_BATCH = 500  # parcels that are opened at once, to be written anew
_COLUMNS = {"id": "uuid", "sealed": "bytea"}


@dataclass(frozen=True, slots=True)
class Span:
    """Where a body lies: in which parcel, from which byte on, and how many."""

    parcel_id: UUID
    start: int
    length: int


def pack(session: Session, bodies: Sequence[bytes], *, now: datetime) -> list[Span]:
    """Store bodies, compressed together and then sealed, and return where each lies."""
    parcels: list[list[bytes]] = [[]]
    places: list[tuple[int, int, int]] = []
    size = 0
    for body in bodies:
        if size and size + len(body) > FULL:
            parcels.append([])
            size = 0
        places.append((len(parcels) - 1, size, len(body)))
        parcels[-1].append(body)
        size += len(body)
    ids = ordered_ids(len(parcels), now=now)
    ring, zstd = keyring_of(session), ZstdCompressor()
    rows = [
        (id_, ring.seal(zstd.compress(b"".join(each)), place=_place(id_)))
        for id_, each in zip(ids, parcels, strict=True)
    ]
    copy_rows(session, "parcel", _COLUMNS, rows)
    return [Span(ids[parcel], start, length) for parcel, start, length in places]


def cut_out(session: Session, spans: Iterable[Span]) -> list[bytes]:
    """Return the bodies at these places; each parcel is opened once."""
    wanted = list(spans)
    rows = session.execute(
        select(Parcel.id, Parcel.sealed).where(Parcel.id.in_({each.parcel_id for each in wanted}))
    )
    ring, zstd = keyring_of(session), ZstdDecompressor()
    opened = {row.id: zstd.decompress(ring.open(row.sealed, place=_place(row.id))) for row in rows}
    return [opened[at.parcel_id][at.start : at.start + at.length] for at in wanted]


def blank(session: Session, spans: Iterable[Span]) -> None:
    """Put zeros in the place of these bodies; nobody else's moves."""
    wanted: dict[UUID, list[Span]] = {}
    for each in spans:
        wanted.setdefault(each.parcel_id, []).append(each)
    parcels = sorted(wanted)
    for begin in range(0, len(parcels), _BATCH):
        some = Parcel.id.in_(parcels[begin : begin + _BATCH])
        # In one order, and each by one transaction at a time: two may blank different bodies of it.
        rows = session.scalars(select(Parcel).where(some).order_by(Parcel.id).with_for_update())
        for row in rows:
            row.sealed = _without(session, row, wanted[row.id])
        session.flush()


def _without(session: Session, row: Parcel, spans: Iterable[Span]) -> bytes:
    ring = keyring_of(session)
    held = bytearray(ZstdDecompressor().decompress(ring.open(row.sealed, place=_place(row.id))))
    for at in spans:
        held[at.start : at.start + at.length] = bytes(at.length)
    return ring.seal(ZstdCompressor().compress(bytes(held)), place=_place(row.id))


def _place(parcel: UUID) -> str:
    return f"parcel/{parcel}"
