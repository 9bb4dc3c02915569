"""When each fact of a person began and ended, and who said that they live alone, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0022"
down_revision = "0026"
branch_labels = None
depends_on = None

PARTED = ("condition", "medicine", "patient_absence")
DATED = {"condition": ("since", "until", "heard"), "medicine": ("since", "heard")}


def upgrade() -> None:
    for table in PARTED:
        part: sa.Column[int] = sa.Column(
            "part", sa.Integer(), nullable=False, server_default=sa.text("0")
        )
        op.add_column(table, part)
        op.alter_column(table, "part", server_default=None)
        op.drop_constraint(op.f(f"pk_{table}"), table, type_="primary")
        op.create_primary_key(op.f(f"pk_{table}"), table, ["id", "part"])
        for name in DATED.get(table, ()):
            op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "living_answer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_living_answer_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_living_answer")),
    )
    op.create_index(op.f("ix_living_answer_patient_id"), "living_answer", ["patient_id"])
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on living_answer to {role}")


def downgrade() -> None:
    op.drop_table("living_answer")
    # What is over must not count again once nobody knows of times any more.
    op.execute("update condition set clinical_status = 'inactive' where until <= now()")
    for table in PARTED:
        op.execute(sa.text(f"delete from {table} where part > 0"))  # noqa: S608 (our own names)
        op.drop_constraint(op.f(f"pk_{table}"), table, type_="primary")
        op.create_primary_key(op.f(f"pk_{table}"), table, ["id"])
        op.drop_column(table, "part")
        for name in DATED.get(table, ()):
            op.drop_column(table, name)
