"""Alembic's environment: the owner's connection is handed in by `app.migrate`."""

from __future__ import annotations

from alembic import context

from app.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
