"""Steps of a migration that keep nobody from writing meanwhile (REL-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import op

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
