"""Assessments and frozen baselines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_assessment()
    create_baseline_freeze()


def downgrade() -> None:
    op.drop_table("baseline_freeze")
    op.drop_table("assessment")


def create_assessment() -> None:
    """Create the table `assessment`."""
    op.create_table(
        "assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("risk", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("usual", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("notes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rulebook_hash", sa.String(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("recheck_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_assessment_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment")),
        sa.UniqueConstraint("patient_id", "key", name=op.f("uq_assessment_patient_id_key")),
    )
    op.create_index(
        op.f("ix_assessment_patient_id_at"), "assessment", ["patient_id", "at"], unique=False
    )


def create_baseline_freeze() -> None:
    """Create the table `baseline_freeze`."""
    op.create_table(
        "baseline_freeze",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_baseline_freeze_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baseline_freeze")),
    )
    op.create_index(
        op.f("ix_baseline_freeze_patient_id"), "baseline_freeze", ["patient_id"], unique=False
    )
    op.create_index(
        "uq_baseline_freeze_open",
        "baseline_freeze",
        ["patient_id", "problem"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )
