"""Which promises the auditor found broken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broken_promise",
        sa.Column("invariant", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("repaired", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("invariant", name=op.f("pk_broken_promise")),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on broken_promise to {role}")


def downgrade() -> None:
    op.drop_table("broken_promise")
