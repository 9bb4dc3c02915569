"""Training runs: who asked, how far each is, and how it ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "training_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        *words("state"),
        instant("due_at"),
        instant("asked_at"),
        *words("asked_by_kind"),
        sa.Column("asked_by", sa.Uuid()),
        *words("reason"),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        *words("stage"),
        sa.Column("share", sa.Float(), nullable=False),
        instant("started_at", nullable=True),
        instant("beat_at", nullable=True),
        instant("ended_at", nullable=True),
        sa.Column("ended_by", sa.Uuid()),
        *words("why", "detail", "model_id", "trained_on"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_run")),
    )
    op.create_index(op.f("ix_training_run_asked_at"), "training_run", ["asked_at"])
    op.create_index(
        "uq_training_run_live",
        "training_run",
        [sa.text("(true)")],
        unique=True,
        postgresql_where=sa.text("state in ('due', 'running')"),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update on training_run to {role}")


def downgrade() -> None:
    op.drop_table("training_run")
