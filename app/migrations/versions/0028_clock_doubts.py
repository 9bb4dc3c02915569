"""Signs that the clock of a person's device is wrong (DQ-CLOCK)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0028"
down_revision = "0026b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clock_doubt",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("of_reading", sa.Boolean(), nullable=False),
        sa.Column("seconds_ahead", sa.Float(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_clock_doubt_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint(
            "patient_id", "day", "device", "of_reading", name=op.f("pk_clock_doubt")
        ),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on clock_doubt to {role}")


def downgrade() -> None:
    op.drop_table("clock_doubt")
