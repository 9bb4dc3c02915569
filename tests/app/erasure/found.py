"""Looks for a text everywhere in the database: in every row, and in what is sealed or packed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select, text
from zstandard import ZstdDecompressor, ZstdError

from app.bulk.tables import BulkPart
from app.schema import METADATA
from core.sealed_fields import sealed_columns
from core.sealing import UnsealedError, keyring_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy.orm import Session


def where(session: Session, canary: str) -> set[str]:
    """Return the tables in which a text stands, readable or sealed."""
    return everywhere(session, [canary]).get(canary, set())


def everywhere(session: Session, texts: Collection[str]) -> dict[str, set[str]]:
    """Return of each text that stands anywhere the tables in which it does."""
    session.flush()
    found: dict[str, set[str]] = defaultdict(set)
    for table in METADATA.sorted_tables:
        stands = (
            f'exists (select 1 from "{table.name}" t where strpos(t::text, said) > 0'  # noqa: S608 (a table's own name)
            " or strpos(t::text, encode(convert_to(said, 'UTF8'), 'hex')) > 0)"
        )
        query = text(f"select said from unnest(cast(:texts as text[])) said where {stands}")  # noqa: S608 (as above)
        for said in session.scalars(query, {"texts": list(texts)}):
            found[said].add(table.name)
    for name, held in opened(session):
        for said in texts:
            if said.encode() in held:
                found[said].add(name)
    return dict(found)


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
