"""Which columns are sealed, and where each of their fields stands: said once, at the column.

Whatever is declared here can be sealed and opened by its row, and is found again by the
rotation of keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, LargeBinary, text
from sqlalchemy.orm import mapped_column

from core.sealing import keyring_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import MetaData
    from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, Session

_PLACE = "sealed at"


def sealed_column(place: str, *, nullable: bool = False, empty: bool = False) -> MappedColumn[Any]:
    """Return a column of sealed bytes; nothing at all is kept as no bytes.

    Parameters
    ----------
    place : str
        Where a field stands, with the row's own columns in braces: `patient.name/{id}`.
    empty : bool
        Whether the server fills in no bytes too: for a column that came to a table with rows.
    """
    default = None if nullable else b""
    of_server = text("''") if empty else None
    return mapped_column(
        LargeBinary,
        default=default,
        nullable=nullable,
        server_default=of_server,
        info={_PLACE: place},
    )


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A sealed column of a table."""

    column: Column[Any]
    place: str

    def of(self, row: Mapping[str, object]) -> str:
        """Return where the field of one row stands."""
        said = {
            name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()
        }
        return self.place.format_map(said)


def sealed_columns(metadata: MetaData) -> Iterator[SealedColumn]:
    """Return every sealed column of these tables."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            if _PLACE in column.info:
                yield SealedColumn(column, column.info[_PLACE])


def seal(session: Session, field: InstrumentedAttribute[bytes], text: str, **row: object) -> bytes:
    """Return a text sealed for its column and row; an empty text as no bytes."""
    if not text:
        return b""
    return keyring_of(session).seal(text.encode(), place=_place(field, row))


def unseal(
    session: Session, field: InstrumentedAttribute[bytes], sealed: bytes, **row: object
) -> str:
    """Return the text that was sealed; raise `UnsealedError` where it stood elsewhere."""
    if not sealed:
        return ""
    return keyring_of(session).open(sealed, place=_place(field, row)).decode()


def _place(field: InstrumentedAttribute[bytes], row: Mapping[str, object]) -> str:
    column = field.property.columns[0]
    return SealedColumn(column, column.info[_PLACE]).of(row)
