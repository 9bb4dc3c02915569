"""Pauses that a clinician declares: who, what for, and who ended one before its time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "declared_pause",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by_id", sa.Uuid()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_declared_pause_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_declared_pause")),
    )
    op.create_index(op.f("ix_declared_pause_patient_id"), "declared_pause", ["patient_id"])
    role = context.config.attributes["app_role"]
    # What was declared stays: its end is added, and the rotation of keys seals a comment again.
    columns = "comment, ended_by_id, ended_at"
    op.execute(f"grant select, insert, update ({columns}) on declared_pause to {role}")


def downgrade() -> None:
    op.drop_table("declared_pause")
