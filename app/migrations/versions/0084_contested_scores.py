"""Contested scores (SEC-46): who contests which one and why, and a clinician's answer.

Kept as long as the person's record, and the judgement with it. A new table, no waiting.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0084"
down_revision = "0081"
branch_labels = None
depends_on = None


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "score_contest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        instant("judged_at"),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        instant("at"),
        sa.Column("ruling", sa.String()),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("answered_by", sa.Uuid()),
        instant("answered_at", nullable=True),
        sa.CheckConstraint(
            "(ruling is null) = (answered_at is null)", name=op.f("ck_score_contest_answered")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_score_contest_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
            name=op.f("fk_score_contest_assessment_id_assessment"),
            deferrable=True,
            initially="IMMEDIATE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_contest")),
    )
    table = "score_contest"
    op.create_index(op.f(f"ix_{table}_patient_id_judged_at"), table, ["patient_id", "judged_at"])
    op.create_index(op.f(f"ix_{table}_assessment_id"), table, ["assessment_id"])
    op.create_index(
        f"ix_{table}_waiting", table, ["at"], postgresql_where=sa.text("ruling is null")
    )
    role = context.config.attributes["app_role"]
    # What was said stays: an answer is added, and the rotation of keys seals a text again.
    columns = "note, answer, ruling, answered_by, answered_at"
    op.execute(f"grant select, insert, update ({columns}), delete on score_contest to {role}")
    op.execute(
        "create trigger only_an_erasure before delete on score_contest"
        " for each statement execute function wardlight_only_an_erasure()"
    )


def downgrade() -> None:
    op.drop_table("score_contest")
