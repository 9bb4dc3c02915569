"""Seals every field again under the newest key, while everything else goes on (SEC-27).

Each batch is a transaction of its own that touches only fields of older keys, so a run that
was cut off is simply started again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, tuple_, update

from core import audit
from core.sealed_fields import SealedColumn, sealed_columns
from core.sealing import Keyring, UnsealedError, keyring_of
from core.security import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, MetaData, RowMapping
    from sqlalchemy.orm import Session

    from core.database import Database

BATCH = 100  # fields sealed again in one transaction


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of one column: fields sealed again, and those that no key on the ring opens."""

    column: str
    sealed: int
    stuck: int


def rotate(database: Database, metadata: MetaData, *, now: datetime) -> list[Rotated]:
    """Seal what older keys sealed under the current key, and write down that it was done."""
    found = [_column(database, each) for each in sealed_columns(metadata)]
    outcome = "success" if not any(each.stuck for each in found) else "incomplete"
    with database.transaction() as session:
        audit.record(session, SYSTEM, audit.Action.EXECUTE, "field_keys", now=now, outcome=outcome)
    return found


def _column(database: Database, field: SealedColumn) -> Rotated:
    sealed = stuck = 0
    for batch in _batches(database, field):
        sealed += batch[0]
        stuck += batch[1]
    return Rotated(f"{field.column.table.name}.{field.column.name}", sealed, stuck)


def _batches(database: Database, field: SealedColumn) -> Iterator[tuple[int, int]]:
    after: tuple[Any, ...] | None = None
    while True:
        with database.transaction() as session:
            rows = _old(session, field, after)
            done = [_again(session, field, row) for row in rows]
        if not rows:
            return
        yield sum(done), len(done) - sum(done)
        after = tuple(rows[-1][column] for column in field.column.table.primary_key)


def _old(
    session: Session, field: SealedColumn, after: tuple[Any, ...] | None
) -> Sequence[RowMapping]:
    """Return the next fields, in the order of their keys, that the current key did not seal."""
    table, keys = field.column.table, list(field.column.table.primary_key)
    query = select(table).where(_needs(field, keyring_of(session)))
    if after is not None:
        query = query.where(tuple_(*keys) > after)
    return session.execute(query.order_by(*keys).limit(BATCH)).mappings().all()


def _needs(field: SealedColumn, ring: Keyring) -> ColumnElement[bool]:
    begins = ring.mark
    return and_(
        func.length(field.column) > 0,
        func.substring(field.column, 1, len(begins)) != begins,
    )


def _again(session: Session, field: SealedColumn, row: RowMapping) -> bool:
    """Seal one field again, unless somebody changed it meanwhile: then it is newer anyway."""
    ring, table = keyring_of(session), field.column.table
    place = field.of({column.name: row[column] for column in table.columns})
    old = bytes(row[field.column])
    try:
        new = ring.seal(ring.open(old, place=place), place=place)
    except UnsealedError:
        return False
    mine = and_(*(key == row[key] for key in table.primary_key))
    session.execute(update(table).where(mine, field.column == old).values({field.column: new}))
    return True
