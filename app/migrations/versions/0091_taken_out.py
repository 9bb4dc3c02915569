"""Whom an administrator took out of a team: a resource of a record system puts nobody back.

A new table, no waiting.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "taken_out",
        sa.Column("care_team_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("care_team_id", "practitioner_id", name=op.f("pk_taken_out")),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on taken_out to {role}")


def downgrade() -> None:
    op.drop_table("taken_out")
