"""When each person was last judged, whether or not that changed anything (AL-22)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0020"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "last_judged",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_last_judged_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_last_judged")),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on last_judged to {role}")


def downgrade() -> None:
    op.drop_table("last_judged")
