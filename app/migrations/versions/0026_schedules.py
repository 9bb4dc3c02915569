"""What people were asked to measure, and what each judgement expects of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_measurement",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grace_hours", sa.Float(), nullable=False),
        sa.Column("days", postgresql.JSONB(), nullable=False),
        sa.Column("times", postgresql.JSONB(), nullable=False),
        sa.Column("vital", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_asked_measurement_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", "vital", name=op.f("pk_asked_measurement")),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on asked_measurement to {role}")
    expected: sa.Column[object] = sa.Column(
        "expected", postgresql.JSONB(), nullable=False, server_default=sa.text("'{}'")
    )
    op.add_column("assessment", expected)


def downgrade() -> None:
    op.drop_column("assessment", "expected")
    op.drop_table("asked_measurement")
