"""Requests that were answered before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answered_request",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_answered_request")),
    )
    op.create_index(op.f("ix_answered_request_answered_at"), "answered_request", ["answered_at"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on answered_request to {role}")


def downgrade() -> None:
    op.drop_table("answered_request")
