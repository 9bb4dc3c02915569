"""What a person lets be done with their data, and which integrations are there for research."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0070"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_choice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("comment", sa.LargeBinary(), nullable=False),
        sa.Column("author_id", sa.Uuid()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_person_choice_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", "part", name=op.f("pk_person_choice")),
    )
    op.create_index(op.f("ix_person_choice_patient_id"), "person_choice", ["patient_id"])
    op.create_index(op.f("ix_person_choice_purpose_since"), "person_choice", ["purpose", "since"])
    op.add_column(
        "client", sa.Column("research", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    role = context.config.attributes["app_role"]
    # What a Consent says is replaced by what its next version says.
    op.execute(f"grant select, insert, delete on person_choice to {role}")
    # The rotation of keys seals a comment again.
    op.execute(f"grant update (comment) on person_choice to {role}")


def downgrade() -> None:
    op.drop_column("client", "research")
    op.drop_table("person_choice")
