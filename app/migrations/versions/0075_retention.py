"""How much of each kind of data was taken away, pass by pass; kept two years, names nobody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0075"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention_pass",
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("kind", "period", "terms")),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_pass")),
        sa.UniqueConstraint("kind", "period", name=op.f("uq_retention_pass_kind_period")),
    )
    op.create_index(
        "ix_retention_pass_open",
        "retention_pass",
        ["began_at", "kind"],
        postgresql_where=sa.text("ended_at is null"),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on retention_pass to {role}")


def downgrade() -> None:
    op.drop_table("retention_pass")
