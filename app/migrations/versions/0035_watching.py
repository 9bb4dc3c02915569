"""The synthetic person, her way through the system, and the ping outside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TABLES = ("watch_round", "heartbeat", "worker_group")


def upgrade() -> None:
    op.add_column(
        "patient",
        sa.Column("synthetic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    _rounds()
    _groups()
    role = context.config.attributes["app_role"]
    for table in TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _rounds() -> None:
    op.create_table(
        "watch_round",
        sa.Column("period", sa.String(), nullable=False),
        _instant("began_at"),
        _instant("accepted_at", nullable=True),
        _instant("completed_at", nullable=True),
        _instant("vouches_until"),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_watch_round")),
    )
    op.create_index(op.f("ix_watch_round_began_at"), "watch_round", ["began_at"])
    op.create_table(
        "heartbeat",
        sa.Column("period", sa.String(), nullable=False),
        _instant("at"),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("period", name=op.f("pk_heartbeat")),
    )
    op.create_index(op.f("ix_heartbeat_at"), "heartbeat", ["at"])


def _groups() -> None:
    op.create_table(
        "worker_group",
        sa.Column("name", sa.String(), nullable=False),
        _instant("progress_at"),
        _instant("vouches_until"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_group")),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_column("patient", "synthetic")
