"""Movements of a home are summed up into their hours and days (decision 56).

Two columns with a constant default: no row is rewritten. The index holds movements alone and is
made under the lock of `reading`, a minute on some tens of millions of rows. A key is kept for two
years, so that what is sent a second time is not counted twice; it tells nobody anything.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0082"
down_revision = "0084"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, type_ in (("summed", sa.Integer()), ("grain", sa.SmallInteger())):
        op.add_column("reading", sa.Column(name, type_, nullable=False, server_default="0"))
    op.create_index(
        "ix_reading_movement",
        "reading",
        ["grain", "effective"],
        postgresql_where=sa.text("vital in ('motion', 'bathroom', 'outer_door', 'hub_heartbeat')"),
    )
    op.create_table(
        "summed_key",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_summed_key_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_summed_key")),
    )
    op.create_index(op.f("ix_summed_key_patient_id"), "summed_key", ["patient_id"])
    op.create_index(op.f("ix_summed_key_day"), "summed_key", ["day"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, delete on summed_key to {role}")


def downgrade() -> None:
    op.drop_table("summed_key")
    op.drop_index("ix_reading_movement", "reading")
    op.drop_column("reading", "grain")
    op.drop_column("reading", "summed")
