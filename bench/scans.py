"""Watches what statements read: which tables from end to end, and how many rows in all.

Which tables is the planner's own word. How many rows, and blocks of them, are what PostgreSQL
itself counted in the transaction: each row of a scan, each entry of an index that was looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

# Rows that make a table worth an index, even where some hundred keys are looked up at once.
MANY = 12_000
_READ = text("""
select coalesce(sum(pg_stat_get_xact_tuples_returned(oid)), 0)::bigint as rows,
       coalesce(sum(pg_stat_get_xact_blocks_fetched(oid)), 0)::bigint as blocks
from pg_class
where relkind in ('r', 'i') and relnamespace in ('public'::regnamespace, 'part'::regnamespace)
""")


@dataclass(frozen=True, slots=True)
class Reads:
    """What was read: rows and blocks by PostgreSQL, and the rows of these that it handed over."""

    rows: int
    blocks: int
    handed: int


class Watched:
    """Statements as they are executed, and what the planner makes of them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.seen: dict[str, Any] = {}
        self.explained: set[str] = set()
        self.handed = 0
        self.before = (0, 0)
        event.listen(connection, "before_cursor_execute", self._note)
        event.listen(connection, "after_cursor_execute", self._count)

    def _note(self, _c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().lower().startswith(("select", "delete", "update")):
            one = parameters[0] if isinstance(parameters, list) else parameters
            self.seen.setdefault(statement, one)

    def _count(self, _c: Any, cursor: Any, *_: Any) -> None:
        self.handed += max(cursor.rowcount, 0)

    def reads(self) -> Reads:
        """Return what was read since this was asked last, in this transaction."""
        handed = self.handed
        rows, blocks = self.connection.execute(_READ).one()
        found = Reads(rows - self.before[0], blocks - self.before[1], handed)
        self.before, self.handed = (rows, blocks), 0
        return found

    def scanned(self, many: int = MANY, *, once: bool = False) -> set[str]:
        """Return the large tables that some statement would read from end to end.

        With `once`, what was asked of the planner before is not asked again.
        """
        statements, self.seen = self.seen, {}
        if once:
            statements = {each: statements[each] for each in statements.keys() - self.explained}
            self.explained |= statements.keys()
        sizes = text("select relname, reltuples from pg_class where relkind = 'r'")
        large = {name for name, rows in self.connection.execute(sizes) if rows > many}
        found: set[str] = set()
        for statement, parameters in statements.items():
            plan = self.connection.exec_driver_sql(f"explain (format json) {statement}", parameters)
            found |= {
                f"{node['Relation Name']}: {statement}"
                for node in nodes(plan.scalar_one()[0]["Plan"])
                if node["Node Type"] == "Seq Scan" and node["Relation Name"] in large
            }
        self.seen.clear()
        return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a plan and all within it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
