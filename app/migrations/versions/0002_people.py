"""Patients, clinicians, teams and devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_care_team()
    create_patient()
    create_practitioner()
    create_care_team_participant()
    create_care_team_patient()
    create_condition()
    create_device()
    create_patient_identifier()
    create_practitioner_role()


def downgrade() -> None:
    op.drop_table("practitioner_role")
    op.drop_table("patient_identifier")
    op.drop_table("device")
    op.drop_table("condition")
    op.drop_table("care_team_patient")
    op.drop_table("care_team_participant")
    op.drop_table("practitioner")
    op.drop_table("patient")
    op.drop_table("care_team")


def create_care_team() -> None:
    """Create the table `care_team`."""
    op.create_table(
        "care_team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_team")),
    )


def create_patient() -> None:
    """Create the table `patient`."""
    op.create_table(
        "patient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("display_name", sa.String(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("lives_alone", sa.Boolean(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("deceased", sa.Boolean(), nullable=False),
        sa.Column("scale_two_plan", sa.Boolean(), nullable=False),
        sa.Column("override_by", sa.Uuid(), nullable=True),
        sa.Column("override_reason", sa.String(), nullable=False),
        sa.Column("override_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
    )


def create_practitioner() -> None:
    """Create the table `practitioner`."""
    op.create_table(
        "practitioner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practitioner")),
    )


def create_care_team_participant() -> None:
    """Create the table `care_team_participant`."""
    op.create_table(
        "care_team_participant",
        sa.Column("care_team_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["care_team_id"], ["care_team.id"], name=op.f("fk_care_team_participant_care_team_id")
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("fk_care_team_participant_practitioner_id"),
        ),
        sa.PrimaryKeyConstraint(
            "care_team_id", "practitioner_id", name=op.f("pk_care_team_participant")
        ),
    )
    op.create_index(
        op.f("ix_care_team_participant_practitioner_id"),
        "care_team_participant",
        ["practitioner_id"],
        unique=False,
    )


def create_care_team_patient() -> None:
    """Create the table `care_team_patient`."""
    op.create_table(
        "care_team_patient",
        sa.Column("care_team_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("care_manager_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["care_manager_id"],
            ["practitioner.id"],
            name=op.f("fk_care_team_patient_care_manager_id"),
        ),
        sa.ForeignKeyConstraint(
            ["care_team_id"], ["care_team.id"], name=op.f("fk_care_team_patient_care_team_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_care_team_patient_patient_id")
        ),
        sa.PrimaryKeyConstraint("care_team_id", "patient_id", name=op.f("pk_care_team_patient")),
    )
    op.create_index(
        op.f("ix_care_team_patient_patient_id"), "care_team_patient", ["patient_id"], unique=False
    )


def create_condition() -> None:
    """Create the table `condition`."""
    op.create_table(
        "condition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("codes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("clinical_status", sa.String(), nullable=False),
        sa.Column("verification_status", sa.String(), nullable=False),
        sa.Column("onset", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_condition_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_condition")),
    )
    op.create_index(op.f("ix_condition_patient_id"), "condition", ["patient_id"], unique=False)


def create_device() -> None:
    """Create the table `device`."""
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_device_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_patient_id"), "device", ["patient_id"], unique=False)


def create_patient_identifier() -> None:
    """Create the table `patient_identifier`."""
    op.create_table(
        "patient_identifier",
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_patient_identifier_patient_id")
        ),
        sa.PrimaryKeyConstraint("system", "value", name=op.f("pk_patient_identifier")),
    )
    op.create_index(
        op.f("ix_patient_identifier_patient_id"), "patient_identifier", ["patient_id"], unique=False
    )


def create_practitioner_role() -> None:
    """Create the table `practitioner_role`."""
    op.create_table(
        "practitioner_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid(), nullable=False),
        sa.Column("organization", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name=op.f("fk_practitioner_role_practitioner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practitioner_role")),
    )
    op.create_index(
        op.f("ix_practitioner_role_practitioner_id"),
        "practitioner_role",
        ["practitioner_id"],
        unique=False,
    )
