"""The first of a list that may be longer than is shown, and of how many: nothing is cut unsaid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from sqlalchemy import func, select

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class First(Generic[T]):
    """What is shown of a list; `total` is how many there are."""

    shown: Sequence[T]
    total: int

    def each(self, made: Callable[[T], U]) -> First[U]:
        """Return the same with something made of each that is shown."""
        return First([made(one) for one in self.shown], self.total)


def first_of(every: Sequence[T], most: int) -> First[T]:
    """Return the first of a list that is at hand."""
    return First(every[:most], len(every))


def first(session: Session, query: Select[T], most: int) -> First[T]:
    """Return the first rows of a query; the rest is counted where there is one."""
    rows = session.scalars(query.limit(most + 1)).all()
    if len(rows) <= most:
        return First(rows, len(rows))
    every = query.order_by(None).subquery()
    return First(rows[:most], session.scalar(select(func.count()).select_from(every)) or most + 1)
