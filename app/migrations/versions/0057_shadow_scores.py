"""What learned models in shadow would have said at each judgement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shadow_score",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("tier", sa.String()),
        sa.Column("judging_id", sa.String(), nullable=False),
        sa.Column("judging_probability", sa.Float()),
        sa.Column("judging_tier", sa.String()),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.id"],
            name=op.f("fk_shadow_score_assessment_id_assessment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["learned_model.id"], name=op.f("fk_shadow_score_model_id_learned_model")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_shadow_score_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("assessment_id", "model_id", name=op.f("pk_shadow_score")),
    )
    op.create_index(op.f("ix_shadow_score_model_id_at"), "shadow_score", ["model_id", "at"])
    op.create_index(op.f("ix_shadow_score_patient_id_at"), "shadow_score", ["patient_id", "at"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert on shadow_score to {role}")


def downgrade() -> None:
    op.drop_table("shadow_score")
