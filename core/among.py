"""Asks for the rows of many ids at once, at the price of one parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, func, literal, select

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


def among(column: ColumnElement[Any] | Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Return whether a column holds one of some ids.

    They are sent as one array: a parameter for each of two thousand people costs more, in
    writing the statement and in reading it, than what it asks for.
    """
    return column == any_(literal(list(ids), ARRAY(Uuid())))


def each_among(column: ColumnElement[Any] | Any, ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Return the same for a column with an index, of ids that are few beside all there are.

    Each is looked up by itself. PostgreSQL is not told how many they are: of a thousand it would
    rather read the whole table, until that is a hundred times as long.
    """
    each = select(func.unnest(literal(list(ids), ARRAY(Uuid()))))
    return column == any_(func.array(each.scalar_subquery()))
