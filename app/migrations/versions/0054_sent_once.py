"""Who corrected minutes, and the forms that were sent: each counts once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("time_spent", sa.Column("corrected_by_id", sa.Uuid()))
    op.create_table(
        "sent_form",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sent_form")),
    )
    op.create_index(op.f("ix_sent_form_at"), "sent_form", ["at"])
    op.create_index(op.f("ix_sent_form_subject_id"), "sent_form", ["subject_id"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on sent_form to {role}")


def downgrade() -> None:
    op.drop_table("sent_form")
    op.drop_column("time_spent", "corrected_by_id")
