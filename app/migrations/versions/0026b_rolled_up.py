"""What stands for the readings of a dense stream, kept as they arrive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0026b"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reading", sa.Column("stands_for", sa.Integer(), nullable=True))
    op.add_column("reading", sa.Column("roll", sa.SmallInteger(), nullable=True))
    op.create_index(
        "ix_reading_rolled",
        "reading",
        ["patient_id", "roll", "effective"],
        postgresql_where=sa.text("roll is not null"),
    )
    op.create_index(
        "ix_reading_revised",
        "reading",
        ["patient_id", "effective"],
        postgresql_where=sa.text("superseded or quality = 'withdrawn'"),
    )
    op.create_table(
        "rolled_up",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_rolled_up_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_rolled_up")),
    )
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on rolled_up to {role}")


def downgrade() -> None:
    op.drop_table("rolled_up")
    op.drop_index("ix_reading_revised", "reading")
    op.drop_index("ix_reading_rolled", "reading")
    op.drop_column("reading", "roll")
    op.drop_column("reading", "stands_for")
