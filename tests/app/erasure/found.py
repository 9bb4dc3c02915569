"""Looks for a text everywhere in the database: in every row, and in what is sealed or packed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text
from zstandard import ZstdDecompressor, ZstdError

from app.bulk.tables import BulkPart
from app.schema import METADATA
from core.sealed_fields import sealed_columns
from core.sealing import UnsealedError, keyring_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


def where(session: Session, canary: str) -> set[str]:
    """Return the tables in which a text stands, readable or sealed."""
    session.flush()
    plain = {
        table.name
        for table in METADATA.sorted_tables
        if session.execute(
            text(
                f'select 1 from "{table.name}" t where strpos(t::text, :plain) > 0'  # noqa: S608 (a table's own name)
                " or strpos(t::text, :hex) > 0 limit 1"
            ),
            {"plain": canary, "hex": canary.encode().hex()},
        ).first()
    }
    return plain | {name for name, said in opened(session) if canary.encode() in said}


def opened(session: Session) -> Iterator[tuple[str, bytes]]:
    """Yield every sealed field of every table, opened, and inflated where it is packed."""
    ring = keyring_of(session)
    for each in sealed_columns(METADATA):
        for row in session.execute(select(each.column.table)).mappings():
            held = bytes(row[each.column] or b"")
            try:
                said = ring.open(held, place=each.of(dict(row))) if held else b""
            except (UnsealedError, UnicodeDecodeError):
                continue
            yield each.column.table.name, inflated(said)
    for part in session.scalars(select(BulkPart)):
        place = f"bulk_part/{part.export_id}/{part.kind}/{part.number}"
        try:
            yield "bulk_part", inflated(ring.open(part.body, place=place))
        except (UnsealedError, UnicodeDecodeError):
            continue


def inflated(said: bytes) -> bytes:
    try:
        return ZstdDecompressor().decompress(said)
    except ZstdError:
        return said
