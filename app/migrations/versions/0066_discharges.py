"""Discharges: why monitoring of somebody ended; a new table, no waiting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "discharge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        instant("since"),
        sa.Column("comment", sa.LargeBinary(), nullable=False),
        sa.Column("died_on", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        instant("at"),
        instant("back_at", nullable=True),
        sa.Column("back_by", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_discharge_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discharge")),
    )
    op.create_index(op.f("ix_discharge_patient_id"), "discharge", ["patient_id"])
    op.create_index(
        "uq_discharge_patient_id",
        "discharge",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("back_at is null"),
    )
    role = context.config.attributes["app_role"]
    # What was decided stays: its end is added, and the rotation of keys seals a text again.
    columns = "comment, died_on, back_at, back_by"
    op.execute(f"grant select, insert, update ({columns}), delete on discharge to {role}")


def downgrade() -> None:
    op.execute("delete from patient_absence where why = 'discharged'")
    op.drop_table("discharge")
