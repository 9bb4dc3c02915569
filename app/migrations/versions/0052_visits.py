"""Video visits: when, by whom, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("practitioner_id", sa.Uuid()),
        sa.Column("room", sa.LargeBinary(), nullable=False),
        instant("starts_at"),
        instant("ends_at"),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("booked_by", sa.Uuid()),
        instant("booked_at"),
        sa.Column("ended_by", sa.Uuid()),
        instant("ended_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_appointment_alert_id_alert")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_appointment_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    op.create_index(op.f("ix_appointment_alert_id"), "appointment", ["alert_id"])
    op.create_index(
        "uq_appointment_booked",
        "appointment",
        ["alert_id"],
        unique=True,
        postgresql_where=sa.text("status = 'booked'"),
    )
    op.create_index(
        op.f("ix_appointment_patient_id_starts_at"), "appointment", ["patient_id", "starts_at"]
    )
    op.create_index(op.f("ix_appointment_booked_at_id"), "appointment", ["booked_at", "id"])
    role = context.config.attributes["app_role"]
    # What was booked stays: its end is added, and the rotation of keys seals a room again.
    columns = "room, status, ended_by, ended_at"
    op.execute(f"grant select, insert, update ({columns}) on appointment to {role}")


def downgrade() -> None:
    op.drop_table("appointment")
