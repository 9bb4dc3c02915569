"""From how many people readings come, and the incident of their all falling silent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

TABLES = ("arrivals", "incident")


def upgrade() -> None:
    op.create_table(
        "arrivals",
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("until", name=op.f("pk_arrivals")),
    )
    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("usual", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    op.create_index(
        "uq_incident_open",
        "incident",
        ["kind"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    role = context.config.attributes["app_role"]
    for table in TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
