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


NEW = ("patient_merge", "client_patient", "device_use", "parked")


def upgrade() -> None:
    refuse_where_people_stand()
    for table, plain, sealed in SEALED:
        op.drop_column(table, plain)
        op.add_column(table, sa.Column(sealed, sa.LargeBinary(), nullable=False))
    op.drop_table("patient_identifier")
    create_numbers("patient")
    create_numbers("practitioner")
    add_agreements()
    create_patient_merge()
    create_client_patient()
    create_device_use()
    create_parked()
    grant("patient_identifier", "practitioner_identifier", *NEW)


def downgrade() -> None:
    refuse_where_people_stand()
    for table in NEW:
        op.drop_table(table)
    for column in ("parks", "bound"):
        op.drop_column("client", column)
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


def add_agreements() -> None:
    """Add for whom a client speaks, and what becomes of strangers' readings."""
    for column in ("bound", "parks"):
        flag: sa.Column[bool] = sa.Column(
            column, sa.Boolean(), nullable=False, server_default=sa.false()
        )
        op.add_column("client", flag)
        op.alter_column("client", column, server_default=None)


def create_patient_merge() -> None:
    """Create the table `patient_merge`."""
    op.create_table(
        "patient_merge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("survivor_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        *(points("patient_merge", column, "patient") for column in ("survivor_id", "merged_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_merge")),
    )
    op.create_index(op.f("ix_patient_merge_survivor_id"), "patient_merge", ["survivor_id"])
    op.create_index(
        "uq_patient_merge_merged_id",
        "patient_merge",
        ["merged_id"],
        unique=True,
        postgresql_where=sa.text("undone_at is null"),
    )


def create_client_patient() -> None:
    """Create the table `client_patient`."""
    op.create_table(
        "client_patient",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        points("client_patient", "client_id", "client"),
        points("client_patient", "patient_id", "patient"),
        sa.PrimaryKeyConstraint("client_id", "patient_id", name=op.f("pk_client_patient")),
    )
    op.create_index(op.f("ix_client_patient_patient_id"), "client_patient", ["patient_id"])


def create_device_use() -> None:
    """Create the table `device_use`."""
    op.create_table(
        "device_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        points("device_use", "device_id", "device"),
        points("device_use", "patient_id", "patient"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device_use")),
    )
    for column in ("device_id", "patient_id"):
        op.create_index(op.f(f"ix_device_use_{column}"), "device_use", [column])
    op.create_index(
        "uq_device_use_device_id",
        "device_use",
        ["device_id"],
        unique=True,
        postgresql_where=sa.text("until is null"),
    )


def create_parked() -> None:
    """Create the table `parked`."""
    op.create_table(
        "parked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("patient_key", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        points("parked", "client_id", "client"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
    )
    for column in ("patient_key", "received_at"):
        op.create_index(op.f(f"ix_parked_{column}"), "parked", [column])
    op.create_index(
        op.f("ix_parked_client_id_digest"), "parked", ["client_id", "digest"], unique=True
    )


def points(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """Return the constraint that a column names a row of another table."""
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def grant(*tables: str) -> None:
    """Let the application work with rows."""
    role = context.config.attributes["app_role"]
    for table in tables:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")
