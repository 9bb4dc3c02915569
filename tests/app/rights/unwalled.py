"""What a request touched while no wall stood: every statement of the application is looked at."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import event, text

import core.rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from core.database import Database

_WALLED = text("select tablename from pg_policies where policyname = 'second_wall'")
_STANDS = (
    "select coalesce(current_setting('wardlight.caller', true), '')"
    " || coalesce(current_setting('wardlight.beyond', true), '') <> ''"
)


def walled_tables(database: Database) -> set[str]:
    """Return the tables that have a wall, by the database's own word."""
    with database.transaction() as session:
        return set(session.scalars(_WALLED))


@dataclass(slots=True)
class Watch:
    """Notes who read or wrote a walled table: behind the wall or beyond it by name, or neither."""

    tables: re.Pattern[str]
    now: str = ""
    said: set[str] = field(default_factory=set)  # requests that said for whom, or why for all
    noted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # and that did not

    @classmethod
    def over(cls, database: Database) -> Watch:
        names = "|".join(sorted(walled_tables(database)))
        return cls(re.compile(rf'\b(?:from|join|update|into)\s+"?({names})\b', re.IGNORECASE))

    def look(self, connection: psycopg.Connection[Any], statement: str) -> None:
        touched = set(self.tables.findall(statement))
        if not touched:
            return
        if connection.cursor().execute(_STANDS).fetchall()[0][0]:
            self.said.add(self.now)
        else:
            self.noted[self.now] |= touched

    @contextmanager
    def watching(self, database: Database) -> Iterator[None]:
        """Look at each statement, be it SQLAlchemy's or one that goes past it (`core.rows`)."""

        def before(connection: Any, _: object, statement: str, *__: object) -> None:
            self.look(connection.connection.driver_connection, statement)

        watch, cursor_of = self, core.rows._cursor

        class Looked(psycopg.Cursor[Any]):
            def execute(self, query: Any, *args: Any, **more: Any) -> Looked:
                watch.look(self.connection, query.decode())
                super().execute(query, *args, **more)
                return self

        def cursor(session: Session) -> psycopg.Cursor[Any]:
            made = Looked(core.rows.driver_of(session))
            made.format = cursor_of(session).format
            return made

        event.listen(database.engine, "before_cursor_execute", before)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(core.rows, "_cursor", cursor)
            try:
                yield
            finally:
                event.remove(database.engine, "before_cursor_execute", before)
