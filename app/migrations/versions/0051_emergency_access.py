"""Access in an emergency, and the purpose of what is audited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_event", sa.Column("purpose", sa.String()))
    op.create_table(
        "emergency_access",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("notified_at", sa.DateTime(timezone=True)),
        sa.Column("reviewed_at", sa.DateTime(timezone=True)),
        sa.Column("reviewed_by", sa.Uuid()),
        sa.Column("review", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_emergency_access_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_access")),
    )
    op.create_index(
        op.f("ix_emergency_access_user_id_until"), "emergency_access", ["user_id", "until"]
    )
    op.create_index(op.f("ix_emergency_access_began_at"), "emergency_access", ["began_at"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update on emergency_access to {role}")


def downgrade() -> None:
    op.drop_table("emergency_access")
    op.drop_column("audit_event", "purpose")
