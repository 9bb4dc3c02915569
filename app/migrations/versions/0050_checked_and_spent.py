"""Answers to the checklist of an alert, and the minutes that were spent on a patient."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checklist_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_checklist_answer_alert_id_alert")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_answer")),
    )
    op.create_index(
        op.f("ix_checklist_answer_alert_id_number"), "checklist_answer", ["alert_id", "number"]
    )
    _spent()
    role = context.config.attributes["app_role"]
    for table in ("checklist_answer", "time_spent"):
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def _spent() -> None:
    op.create_table(
        "time_spent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid()),
        sa.Column("actor_id", sa.Uuid()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("work", sa.String(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("corrects_id", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_time_spent_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_time_spent_alert_id_alert")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["time_spent.id"], name=op.f("fk_time_spent_corrects_id_time_spent")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_spent")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_time_spent_corrects_id")),
    )
    op.create_index(op.f("ix_time_spent_patient_id_at"), "time_spent", ["patient_id", "at"])
    op.create_index(op.f("ix_time_spent_alert_id"), "time_spent", ["alert_id"])


def downgrade() -> None:
    op.drop_table("time_spent")
    op.drop_table("checklist_answer")
