"""Bulk loads and exports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("bulk_load", "bulk_outcome", "bulk_export", "bulk_part")


def upgrade() -> None:
    create_bulk_load()
    create_bulk_export()
    role = context.config.attributes["app_role"]
    for table in TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def create_bulk_load() -> None:
    """Create the tables of uploads."""
    op.create_table(
        "bulk_load",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("lines", "created", "updated", "repeated", "unused", "refused")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_bulk_load_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_load")),
    )
    for column in ("client_id", "expires_at"):
        op.create_index(op.f(f"ix_bulk_load_{column}"), "bulk_load", [column])
    op.create_table(
        "bulk_outcome",
        sa.Column("load_id", sa.Uuid(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["load_id"],
            ["bulk_load.id"],
            name=op.f("fk_bulk_outcome_load_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("load_id", "first_line", name=op.f("pk_bulk_outcome")),
    )


def create_bulk_export() -> None:
    """Create the tables of exports."""
    op.create_table(
        "bulk_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("kinds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("filters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("transaction_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kind_number", sa.Integer(), nullable=False),
        sa.Column("part_number", sa.Integer(), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("exported", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_bulk_export_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_export")),
    )
    for column in ("client_id", "expires_at"):
        op.create_index(op.f(f"ix_bulk_export_{column}"), "bulk_export", [column])
    op.create_table(
        "bulk_part",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["bulk_export.id"],
            name=op.f("fk_bulk_part_export_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("export_id", "kind", "number", name=op.f("pk_bulk_part")),
    )
