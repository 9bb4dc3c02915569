"""Writes and reads many rows of one table, for the paths where each row counts."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql
from sqlalchemy.exc import DBAPIError

from core.arrays import as_numpy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.orm import Session


FEW = 100  # rows that one INSERT sends in less time than the three steps of COPY take


def copy_rows(
    session: Session, table: str, types: Mapping[str, str], rows: Sequence[Sequence[object]]
) -> None:
    """Send rows in the caller's transaction: by COPY, where they are few by one INSERT.

    Parameters
    ----------
    types : mapping of str to str
        PostgreSQL's type of each column, in the order of the values in `rows`.

    Raises
    ------
    IntegrityError
        Where a constraint refuses any of them; none is stored then.
    """
    if 0 < len(rows) <= FEW:
        run(session, _insert(table, tuple(types.items())), *map(list, zip(*rows, strict=True)))
        return
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, types))
    )
    with _own_errors(), _cursor(session) as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(types.values()))
        for row in rows:
            copy.write_row(row)


@cache
def _insert(table: str, types: tuple[tuple[str, str], ...]) -> str:
    """Return the INSERT whose parameters are the columns; names are the program's own."""
    names = ", ".join(f'"{name}"' for name, _ in types)
    arrays = ", ".join(f"%b::{kind}[]" for _, kind in types)
    return f'insert into "{table}" ({names}) select * from unnest({arrays})'  # noqa: S608 (as said)


def run(
    session: Session, statement: str, *values: object, numpy: bool = False
) -> list[tuple[Any, ...]]:
    """Run a statement whose parameters (`%b`) are arrays for the most part; return its rows.

    A statement without rows gives one with their number. With `numpy`, arrays in the rows are
    numpy's (`core.arrays`).
    """
    with _own_errors(), _cursor(session) as cursor:
        if numpy:
            as_numpy(cursor)
        cursor.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def read(session: Session, query: Executable) -> Sequence[Any]:
    """Return the rows of a query of columns by the session's connection.

    Thousands of rows that nobody changes need not go through the session, row by row.
    """
    session.flush()
    return session.connection().execute(query).all()


@contextmanager
def _own_errors() -> Iterator[None]:
    """Raise what SQLAlchemy would have raised, without the values that were sent."""
    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError.instance(
            "rows", None, error, psycopg.Error, hide_parameters=True
        ) from error


def _cursor(session: Session) -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a cursor of the driver on the session's own connection and transaction."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("rows are written through psycopg")
    cursor: psycopg.Cursor[tuple[Any, ...]] = psycopg.Cursor(connection)
    cursor.format = psycopg.pq.Format.BINARY
    return cursor
