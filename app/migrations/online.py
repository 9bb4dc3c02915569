"""Steps of a migration that keep nobody from writing meanwhile (REL-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import op
from sqlalchemy import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import TextClause


def create_index(
    name: str, table: str, columns: Sequence[str], *, where: TextClause | None = None
) -> None:
    """Build an index beside the writers, outside a transaction.

    What an attempt left behind that was ended half-way is no index, and is built anew.
    """
    with op.get_context().autocommit_block():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)
        op.create_index(name, table, columns, postgresql_where=where, postgresql_concurrently=True)


def drop_index(name: str, table: str) -> None:
    """Drop an index without waiting for whoever reads by it."""
    with op.get_context().autocommit_block():
        op.drop_index(name, table, if_exists=True, postgresql_concurrently=True)


def create_parted_index(
    name: str, table: str, columns: Sequence[str], *, where: TextClause | None = None
) -> None:
    """Build an index of a partitioned table part by part, beside the writers.

    PostgreSQL builds none concurrently for all parts at once. A part without rows takes a moment
    and is not worth three transactions. What an attempt left behind is built anew.
    """
    said = ", ".join(columns)
    only = f" where {where}" if where is not None else ""
    with op.get_context().autocommit_block():
        op.execute(f"drop index if exists {name}")
        op.execute(f"create index {name} on only {table} ({said}){only}")
        for part, empty in parts(table):
            own = f"{part}_{name.removeprefix(f'ix_{table}_')}"
            beside = "" if empty else " concurrently"
            op.execute(f"drop index{beside} if exists part.{own}")
            op.execute(f"create index{beside} {own} on part.{part} ({said}){only}")
            op.execute(f"alter index {name} attach partition part.{own}")


def parts(table: str) -> list[tuple[str, bool]]:
    """Return the names of a table's partitions, and whether each is empty."""
    line = op.get_bind()
    query = "select relid::regclass::text from pg_partition_tree(:table) where isleaf"
    names = line.execute(text(query), {"table": table}).scalars().all()
    return [
        (each.removeprefix("part."), not line.scalar(text(f"select exists (select from {each})")))  # noqa: S608 (a name from the catalogue)
        for each in names
    ]
