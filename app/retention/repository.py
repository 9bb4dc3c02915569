"""The rows whose time is over: told of before anything goes, and taken away by the same words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import delete, func, inspect, or_, select, tuple_

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select, SQLColumnExpression
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from core.database import Base

Key = tuple[Any, ...]


class Going(NamedTuple):
    """How many rows of one table would go, and how old the oldest of them is."""

    table: str
    rows: int
    oldest: datetime | None


class Taken(NamedTuple):
    """How many rows went, and whether there may be more to take."""

    rows: int
    more: bool


class Source(Protocol):
    """What a kind of data is made of: one table, and what in it is over."""

    @property
    def table(self) -> type[Base]:
        """Return the table."""

    def going(self, session: Session, *, before: datetime, held: Collection[UUID]) -> Going:
        """Return how many rows `remove` would take in all."""

    def keys(self, session: Session, *, before: datetime, held: Collection[UUID]) -> list[Key]:
        """Return the primary keys of exactly those rows, the oldest first."""

    def remove(
        self, session: Session, *, before: datetime, held: Collection[UUID], most: int
    ) -> Taken:
        """Take away the oldest of them, `most` at once."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that are deleted once what `age` says lies before an instant.

    `patient` says whose a row is, so that a hold keeps it; `within` are foreign keys of what
    goes with it.
    """

    table: type[Base]
    age: SQLColumnExpression[Any]
    over: ColumnElement[bool] | None = None
    patient: SQLColumnExpression[Any] | None = None
    within: tuple[InstrumentedAttribute[Any], ...] = ()

    def going(self, session: Session, *, before: datetime, held: Collection[UUID]) -> Going:
        """Return how many rows would go."""
        query = select(func.count(), func.min(self.age)).select_from(self.table)
        rows, oldest = session.execute(query.where(*self._over(before, held))).one()
        return Going(self.table.__tablename__, rows, oldest)

    def keys(self, session: Session, *, before: datetime, held: Collection[UUID]) -> list[Key]:
        """Return the keys of those rows."""
        return [tuple(row) for row in session.execute(self._keys(before, held))]

    def remove(
        self, session: Session, *, before: datetime, held: Collection[UUID], most: int
    ) -> Taken:
        """Delete the oldest, and what lies within them."""
        keys = session.execute(self._keys(before, held).limit(most)).all()
        if not keys:
            return Taken(0, more=False)
        for column in self.within:
            gone = delete(column.class_).where(column.in_([key[0] for key in keys]))
            session.execute(gone, execution_options={"synchronize_session": False})
        mine = tuple_(*self._primary()).in_([tuple(key) for key in keys])
        rows = delete(self.table).where(mine)
        session.execute(rows, execution_options={"synchronize_session": False})
        return Taken(len(keys), more=len(keys) == most)

    def _primary(self) -> tuple[ColumnElement[Any], ...]:
        return tuple(inspect(self.table).primary_key)

    def _keys(self, before: datetime, held: Collection[UUID]) -> Select[Any]:
        query = select(*self._primary()).where(*self._over(before, held))
        return query.order_by(self.age, *self._primary())

    def _over(self, before: datetime, held: Collection[UUID]) -> list[ColumnElement[bool]]:
        said = [self.age <= before]
        if self.over is not None:
            said.append(self.over)
        if self.patient is not None and held:
            said.append(or_(self.patient.is_(None), self.patient.not_in(held)))
        return said
