"""A key for each person, under which their rows stand in backups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_key",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_person_key_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_person_key")),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on person_key to {role}")


def downgrade() -> None:
    op.drop_table("person_key")
