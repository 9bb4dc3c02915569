"""Empties the database of the tests, as it was when its schema was made."""

from __future__ import annotations

import psycopg
from psycopg import sql

# What the migrations themselves leave in a table; they leave nothing else.
KEPT = ("alembic_version",)
TABLES = """
select oid::regclass::text from pg_class
where relkind in ('r', 'p') and not relispartition
  and relnamespace in ('public'::regnamespace, 'part'::regnamespace) and relname != all(%s)
"""


def empty(owner_url: str) -> None:
    """Take every row out of every table, and with it what the planner had learned of it.

    Only what holds rows is touched: emptying a table costs a new file for each of its indexes.

    Raises:
        psycopg.errors.LockNotAvailable: Somebody is still at work in the database.

    """
    with psycopg.connect(owner_url) as connection:
        connection.execute("set lock_timeout = '30s'")
        names = [sql.SQL(name) for (name,) in connection.execute(TABLES, [list(KEPT)])]
        holds = sql.SQL("select {} where exists (select from {})")
        asked = [holds.format(sql.Literal(name.as_string()), name) for name in names]
        held = connection.execute(sql.SQL(" union all ").join(asked)).fetchall()
        if held:
            tables = sql.SQL(", ").join(sql.SQL(name) for (name,) in held)
            connection.execute(sql.SQL("truncate {} cascade").format(tables))
