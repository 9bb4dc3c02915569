"""Watches which tables statements would read from end to end, by the planner's own word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

# Rows that make a table worth an index, even where some hundred keys are looked up at once.
MANY = 12_000


class Watched:
    """Statements as they are executed, and what the planner makes of them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.seen: dict[str, Any] = {}
        event.listen(connection, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().lower().startswith(("select", "delete", "update")):
            one = parameters[0] if isinstance(parameters, list) else parameters
            self.seen.setdefault(statement, one)

    def scanned(self, many: int = MANY) -> set[str]:
        """Return the large tables that some statement would read from end to end."""
        statements, self.seen = self.seen, {}
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
