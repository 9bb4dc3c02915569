"""Corrections by hand, and files of people that wait to be confirmed; new tables, no waiting."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0065"
down_revision = "0074"
branch_labels = None
depends_on = None


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid()),
        instant("at"),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_correction_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_patient_id_at"), "correction", ["patient_id", "at"])
    op.create_table(
        "enrolment_preview",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        instant("made_at"),
        instant("until"),
        instant("confirmed_at", nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("enrolled", "known")),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_preview")),
    )
    for column in ("user_id", "until"):
        name = op.f(f"ix_enrolment_preview_{column}")
        op.create_index(name, "enrolment_preview", [column])
    role = context.config.attributes["app_role"]
    # What was corrected stays said; the rotation of keys seals a reason again.
    op.execute(f"grant select, insert, update (reason), delete on correction to {role}")
    op.execute(f"grant select, insert, update, delete on enrolment_preview to {role}")


def downgrade() -> None:
    op.drop_table("enrolment_preview")
    op.drop_table("correction")
