"""Followed patient-days, how many they stand among, and what was found of models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    followed_day()
    found()
    role = context.config.attributes["app_role"]
    # How a day was chosen stays as it was; an answer is added.
    answers = "outcome, answered_by, answered_at"
    op.execute(f"grant select, insert, update ({answers}) on followed_day to {role}")
    op.execute(f"grant select, insert, update on scored_days to {role}")
    op.execute(f"grant select, insert, delete on model_check to {role}")


def followed_day() -> None:
    op.create_table(
        "followed_day",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("assessment_id", sa.Uuid()),
        sa.Column("day", sa.Date(), nullable=False),
        instant("scored_at"),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("chosen_with", sa.Float(), nullable=False),
        sa.Column("outcome", sa.String()),
        sa.Column("answered_by", sa.Uuid()),
        instant("answered_at", nullable=True),
        instant("followed_at"),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_followed_day_patient_id_patient")
        ),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
            name=op.f("fk_followed_day_assessment_id_assessment"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followed_day")),
        sa.UniqueConstraint("patient_id", "day", name=op.f("uq_followed_day_patient_id_day")),
    )
    for columns in (
        ["day", "model_id"],
        ["assessment_id"],
        ["answered_by", "answered_at"],
    ):
        name = op.f(f"ix_followed_day_{'_'.join(columns)}")
        op.create_index(name, "followed_day", columns)


def found() -> None:
    op.create_table(
        "scored_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("predicted", sa.Float(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "model_id", "band", name=op.f("pk_scored_days")),
    )
    op.create_table(
        "model_check",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        instant("at"),
        sa.Column("found", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("what", "model_id", "day", name=op.f("pk_model_check")),
    )


def downgrade() -> None:
    for table in ("model_check", "scored_days", "followed_day"):
        op.drop_table(table)
