"""Erasures, legal holds, and the right to delete what is somebody's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0067"
down_revision = "0062"
branch_labels = None
depends_on = None

# What the application could only add to until now, and must take away with the person.
DELETES = (
    "appointment",
    "declared_pause",
    "emergency_access",
    "followed_day",
    "plan_version",
    "shadow_score",
    "shadowed_day",
)


def instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    create_erasure()
    create_hold()
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update on erasure to {role}")
    op.execute(f"grant select, insert, update, delete on legal_hold to {role}")
    op.execute(f"grant delete on {', '.join(DELETES)} to {role}")


def create_erasure() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("of_id", sa.Uuid()),
        sa.Column("digests", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("asked_by", sa.Uuid()),
        instant("asked_at", nullable=False),
        sa.Column("confirmed_by", sa.Uuid()),
        instant("confirmed_at"),
        sa.Column("ended_by", sa.Uuid()),
        instant("ended_at"),
        sa.Column("rows", sa.Integer(), nullable=False),
        instant("struck_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(
        "uq_erasure_waiting",
        "erasure",
        ["of_id"],
        unique=True,
        postgresql_where=sa.text("state in ('asked', 'confirmed')"),
    )
    op.create_index(op.f("ix_erasure_asked_at"), "erasure", ["asked_at"])


def create_hold() -> None:
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        instant("until"),
        sa.Column("set_by", sa.Uuid()),
        instant("set_at", nullable=False),
        sa.Column("released_by", sa.Uuid()),
        instant("released_at"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_legal_hold_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_patient_id"), "legal_hold", ["patient_id"])


def downgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(f"revoke delete on {', '.join(DELETES)} from {role}")
    op.drop_table("legal_hold")
    op.drop_table("erasure")
