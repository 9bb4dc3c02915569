"""What models in shadow had predicted of followed days: kept as long as these (AL-21)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0080"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shadowed_day",
        sa.Column("followed_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["followed_id"],
            ["followed_day.id"],
            name=op.f("fk_shadowed_day_followed_id_followed_day"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("followed_id", "model_id", name=op.f("pk_shadowed_day")),
    )
    op.create_index(op.f("ix_shadowed_day_model_id"), "shadowed_day", ["model_id"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert on shadowed_day to {role}")


def downgrade() -> None:
    op.drop_table("shadowed_day")
