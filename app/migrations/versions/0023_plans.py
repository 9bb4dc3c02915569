"""A person's plan: each version of each limit that a clinician set, never changed afterwards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("from_usual", sa.Boolean(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_plan_version_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("fk_plan_version_practitioner_id_practitioner"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_version")),
        sa.UniqueConstraint("patient_id", "number", name=op.f("uq_plan_version_patient_id_number")),
    )
    op.create_index(
        op.f("ix_plan_version_patient_id_subject_from_usual_number"),
        "plan_version",
        ["patient_id", "subject", "from_usual", "number"],
    )
    role = context.config.attributes["app_role"]
    # Versions are kept: only the rotation of keys may write a reason again (SEC-18, SEC-27).
    op.execute(f"grant select, insert, update (reason) on plan_version to {role}")


def downgrade() -> None:
    op.drop_table("plan_version")
