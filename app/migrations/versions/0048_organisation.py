"""Accounts that sign in at the organisation's provider, and crossings that came back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

COLUMNS = ("issuer", "subject", "invitation_digest")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("app_user", sa.Column(name, sa.String()))
    op.add_column("app_user", sa.Column("invited_until", sa.DateTime(timezone=True)))
    op.create_unique_constraint(
        op.f("uq_app_user_issuer_subject"), "app_user", ["issuer", "subject"]
    )
    op.create_unique_constraint(
        op.f("uq_app_user_invitation_digest"), "app_user", ["invitation_digest"]
    )
    op.create_table(
        "spent_state",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_state")),
    )
    op.create_index(op.f("ix_spent_state_at"), "spent_state", ["at"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, delete on spent_state to {role}")


def downgrade() -> None:
    op.drop_table("spent_state")
    op.drop_column("app_user", "invited_until")
    for name in COLUMNS:
        op.drop_column("app_user", name)
