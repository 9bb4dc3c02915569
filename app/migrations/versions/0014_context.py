"""What rules know of a person besides readings: medicines, stays in hospital, pauses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def _patient(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f(name))


TABLES = ("medicine", "patient_absence")


def upgrade() -> None:
    op.create_table(
        "medicine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("classes", postgresql.JSONB(), nullable=False),
        sa.Column("taken", sa.Boolean(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_medicine_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medicine")),
    )
    op.create_table(
        "patient_absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_patient_absence_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_absence")),
    )
    for table in TABLES:
        op.create_index(op.f(f"ix_{table}_patient_id"), table, ["patient_id"])
        role = context.config.attributes["app_role"]
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
