"""Tries that came to nothing, counted by who made them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refused_tries",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("period", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("what", "who", "period", name=op.f("pk_refused_tries")),
    )
    op.create_index(op.f("ix_refused_tries_what_period"), "refused_tries", ["what", "period"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on refused_tries to {role}")


def downgrade() -> None:
    op.drop_table("refused_tries")
