"""Learned models, and what happened to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learned_model",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("artefact", sa.String(), nullable=False),
        sa.Column("card", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_kind", sa.String(), nullable=False),
        sa.Column("added_by_id", sa.Uuid()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learned_model")),
    )
    op.create_index(
        "uq_learned_model_active",
        "learned_model",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "model_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("other_id", sa.String()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_kind", sa.String(), nullable=False),
        sa.Column("by_id", sa.Uuid()),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["learned_model.id"], name=op.f("fk_model_event_model_id_learned_model")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["learned_model.id"], name=op.f("fk_model_event_other_id_learned_model")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_event")),
    )
    op.create_index(op.f("ix_model_event_model_id"), "model_event", ["model_id"])
    role = context.config.attributes["app_role"]
    # What was added stays as it was; what happened stays written.
    op.execute(f"grant select, insert, update (state, since) on learned_model to {role}")
    op.execute(f"grant select, insert on model_event to {role}")


def downgrade() -> None:
    op.drop_table("model_event")
    op.drop_table("learned_model")
