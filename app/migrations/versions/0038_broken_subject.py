"""Of what a sampled check found broken: looked at again each time, until it is mended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "broken_subject",
        sa.Column("invariant", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("invariant", "subject_id", name=op.f("pk_broken_subject")),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on broken_subject to {role}")


def downgrade() -> None:
    op.drop_table("broken_subject")
