"""Sealed identifiers and names, and the merging of patients."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SEALED = (
    ("patient", "display_name", "name"),
    ("patient", "birth_date", "birth_date"),
    ("practitioner", "name", "name"),
    ("practitioner", "email", "email"),
    ("practitioner_role", "email", "email"),
    ("patient", "override_reason", "override_reason"),
    ("device", "name", "name"),
    ("app_user", "display_name", "display_name"),
)


def upgrade() -> None:
    refuse_where_people_stand()
    for table, plain, sealed in SEALED:
        op.drop_column(table, plain)
        op.add_column(table, sa.Column(sealed, sa.LargeBinary(), nullable=False))
    op.drop_table("patient_identifier")
    create_numbers("patient")
    create_numbers("practitioner")
    grant("patient_identifier", "practitioner_identifier")


def downgrade() -> None:
    refuse_where_people_stand()
    op.drop_table("practitioner_identifier")
    op.drop_table("patient_identifier")
    create_plain_numbers()
    grant("patient_identifier")
    for table, plain, sealed in SEALED:
        op.drop_column(table, sealed)
        kind = sa.Date() if plain == "birth_date" else sa.String()
        op.add_column(table, sa.Column(plain, kind, nullable=plain == "birth_date"))


def refuse_where_people_stand() -> None:
    """End before anything is lost: this step cannot turn plain names into sealed ones."""
    for table in ("patient", "practitioner", "app_user"):
        if op.get_bind().execute(sa.text(f"select 1 from {table} limit 1")).first():  # noqa: S608 (two fixed names)
            msg = f"{table} is not empty: enrol people again in an empty database"
            raise RuntimeError(msg)


def create_numbers(of: str) -> None:
    """Create a table of sealed record numbers."""
    table = f"{of}_identifier"
    op.create_table(
        table,
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("value_key", sa.LargeBinary(), nullable=False),
        sa.Column(f"{of}_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint([f"{of}_id"], [f"{of}.id"], name=op.f(f"fk_{table}_{of}_id")),
        sa.PrimaryKeyConstraint("key", name=op.f(f"pk_{table}")),
    )
    for column in ("value_key", f"{of}_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def create_plain_numbers() -> None:
    """Create the earlier table of readable record numbers."""
    op.create_table(
        "patient_identifier",
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_patient_identifier_patient_id")
        ),
        sa.PrimaryKeyConstraint("system", "value", name=op.f("pk_patient_identifier")),
    )
    op.create_index(op.f("ix_patient_identifier_patient_id"), "patient_identifier", ["patient_id"])


def grant(*tables: str) -> None:
    """Let the application work with rows."""
    role = context.config.attributes["app_role"]
    for table in tables:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")
