"""What a request asks of the database, and what it touches while no wall stands."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import event, text

import core.rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from core.database import Database

PAIRS = 3
_SPACES, _LISTS = re.compile(r"\s+"), re.compile(r"\bIN \([^()]*\)")
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
        """Look at each statement."""
        with each_statement(database, self.look):
            yield


@contextmanager
def each_statement(
    database: Database,
    look: Callable[[psycopg.Connection[Any], str], None],
    seen: Callable[[str, int], None] | None = None,
) -> Iterator[None]:
    """Call `look` before each statement, `seen` after it with its number of rows.

    Those that go past SQLAlchemy (`core.rows`) are among them.
    """

    def before(connection: Any, _: object, statement: str, *__: object) -> None:
        look(connection.connection.driver_connection, statement)

    def after(_: object, cursor: Any, statement: str, *__: object) -> None:
        if seen:
            seen(statement, cursor.rowcount)

    class Looked(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **more: Any) -> Looked:
            look(self.connection, query.decode())
            super().execute(query, *args, **more)
            if seen:
                seen(query.decode(), self.rowcount)
            return self

    cursor_of = core.rows._cursor

    def cursor(session: Session) -> psycopg.Cursor[Any]:
        made = Looked(core.rows.driver_of(session))
        made.format = cursor_of(session).format
        return made

    event.listen(database.engine, "before_cursor_execute", before)
    event.listen(database.engine, "after_cursor_execute", after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core.rows, "_cursor", cursor)
        try:
            yield
        finally:
            event.remove(database.engine, "before_cursor_execute", before)
            event.remove(database.engine, "after_cursor_execute", after)


@dataclass(slots=True)
class Work:
    """What a request asked of the database, whoever it was about: its statements, and their rows.

    Values are parameters, and no part of a statement; nor is how many stand in a list.
    """

    statements: list[str] = field(default_factory=list)
    rows: int = 0

    def note(self, statement: str, rows: int) -> None:
        self.statements.append(_LISTS.sub("IN (…)", _SPACES.sub(" ", statement)))
        self.rows += max(rows, 0)

    def apart(self, other: Work) -> list[str]:
        """Return what only one of both did, or that one was shown more than a row more."""
        odd = [f"{a} / {b}" for a, b in zip_longest(self.statements, other.statements) if a != b]
        # To find that somebody else's is there is one row.
        more = abs(self.rows - other.rows)
        return odd[:3] or ([f"{more} rows more"] if more > 1 else [])


@contextmanager
def work_on(database: Database) -> Iterator[Work]:
    """Note what is asked of the database meanwhile."""
    work = Work()
    with each_statement(database, lambda *_: None, work.note):
        yield work


def told_apart(one: Callable[[], Work], other: Callable[[], Work]) -> list[str]:
    """Return what one of both asks of the database, and the other does not.

    Now and then a process looks at something else too, whoever asks: that is not there again.
    """
    odd: list[str] = []
    for _ in range(PAIRS):
        odd = one().apart(other())
        if not odd:
            break
    return odd
