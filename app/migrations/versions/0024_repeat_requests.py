"""What people were asked to measure again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0024"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repeat_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("vital", sa.String(), nullable=False),
        sa.Column("reading_id", sa.String(), nullable=False),
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("critical", sa.Boolean(), nullable=False),
        sa.Column("tip", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_repeat_request_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repeat_request")),
        sa.UniqueConstraint(
            "patient_id",
            "vital",
            "taken_at",
            name=op.f("uq_repeat_request_patient_id_vital_taken_at"),
        ),
    )
    for columns in (["patient_id", "asked_at"], ["asked_at", "id"]):
        name = op.f(f"ix_repeat_request_{'_'.join(columns)}")
        op.create_index(name, "repeat_request", columns)
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on repeat_request to {role}")


def downgrade() -> None:
    op.drop_table("repeat_request")
