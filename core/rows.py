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
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Executable
    from sqlalchemy.orm import Session


FEW = 100  # rows that one INSERT sends in less time than the three steps of COPY take
PARTS = "part"  # the schema of all partitions


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
        insert_rows(session, table, types, rows)
    else:
        _copy(session, sql.Identifier(table), types, rows)


def insert_rows(
    session: Session, table: str, types: Mapping[str, str], rows: Sequence[Sequence[object]]
) -> None:
    """Send rows by one INSERT, however many: a table with row-level security takes no COPY."""
    if rows:
        run(session, _insert(table, tuple(types.items())), *map(list, zip(*rows, strict=True)))


def copy_parted(
    session: Session,
    table: str,
    types: Mapping[str, str],
    rows: Sequence[Sequence[Any]],
    part: tuple[str, Callable[[str, Any], str]],
) -> None:
    """Send rows of a partitioned table that has row-level security (decision 58).

    Into such a table PostgreSQL takes no COPY, so many rows go straight into the partition that
    `part` names by the value of a column, or into that for all others where none has the name.
    """
    if len(rows) <= FEW:
        insert_rows(session, table, types, rows)
        return
    column, name_of = part
    at = list(types).index(column)
    named: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        named.setdefault(name_of(table, row[at]), []).append(row)
    there = {each for (each,) in run(session, _THERE, list(named))}
    parts: dict[str, list[Sequence[Any]]] = {}
    for name, own in named.items():
        parts.setdefault(name if name in there else f"{table}_default", []).extend(own)
    few = [row for own in parts.values() if len(own) <= FEW for row in own]
    if few:
        insert_rows(session, table, types, few)
    for name, own in parts.items():
        if len(own) > FEW:
            _copy(session, sql.Identifier(PARTS, name), types, own)


_THERE = """
select name from unnest(%b::text[]) name where to_regclass('part.' || name) is not null
"""


def _copy(
    session: Session,
    into: sql.Identifier,
    types: Mapping[str, str],
    rows: Sequence[Sequence[object]],
) -> None:
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        into, sql.SQL(", ").join(map(sql.Identifier, types))
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


def driver_of(session: Session) -> psycopg.Connection[Any]:
    """Return the driver's own connection, in the transaction of a session."""
    connection = session.connection().connection.driver_connection
    if not isinstance(connection, psycopg.Connection):
        raise TypeError("rows are written through psycopg")
    return connection


def _cursor(session: Session) -> psycopg.Cursor[tuple[Any, ...]]:
    """Return a cursor of it that speaks binary."""
    cursor: psycopg.Cursor[tuple[Any, ...]] = psycopg.Cursor(driver_of(session))
    cursor.format = psycopg.pq.Format.BINARY
    return cursor
