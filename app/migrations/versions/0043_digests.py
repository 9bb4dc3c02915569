"""What a person is told of together, once a day, beyond their budget (AL-17)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True)),
        sa.Column("not_mailed", sa.String()),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("fk_digest_practitioner_id_practitioner"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("practitioner_id", "day", name=op.f("uq_digest_practitioner_id_day")),
    )
    op.add_column("delivery", sa.Column("digest_id", sa.Uuid()))
    op.create_index(
        "ix_delivery_digest",
        "delivery",
        ["recipient"],
        postgresql_where=sa.text("state = 'in-digest'"),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on digest to {role}")


def downgrade() -> None:
    op.drop_index("ix_delivery_digest", "delivery")
    op.drop_column("delivery", "digest_id")
    op.drop_table("digest")
