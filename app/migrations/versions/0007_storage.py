"""Small rows for received resources and readings, partitioned by time.

These tables begin anew: there is no release yet whose data could be carried over. Where they
hold rows the migration refuses to run instead of losing them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import context, op

from core.ordered_ids import first_id

if TYPE_CHECKING:
    from collections.abc import Iterator

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OLD = ("resource_identifier", "resource", "reading")
NEW = ("parcel", *OLD)
# What is older or newer than these years is stored in the partition `default`; a later migration
# adds years before they begin.
YEARS = range(2024, 2030)
MONTH, QUARTER = 1, 3


def upgrade() -> None:
    for table in OLD:
        refuse_rows(table)
        op.drop_table(table)
    op.execute("create schema part")  # of its own: nobody but PostgreSQL names a partition
    create_parcel()
    create_resource()
    create_resource_identifier()
    create_reading()
    role = context.config.attributes["app_role"]
    for table in NEW:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def downgrade() -> None:
    for table in OLD:
        refuse_rows(table)
    for table in NEW:
        op.drop_table(table)
    op.execute("drop schema part")
    earlier = import_module("app.migrations.versions.0003_readings")
    earlier.create_reading()
    earlier.create_resource()
    earlier.create_resource_identifier()
    role = context.config.attributes["app_role"]
    for table in OLD:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def refuse_rows(table: str) -> None:
    """Raise where a table holds anything."""
    if op.get_bind().scalar(sa.text(f"select exists (select from {table})")):  # noqa: S608 (a name from above)
        text = f"{table} holds rows from before the first release: begin with a new database"
        raise RuntimeError(text)


def create_parcel() -> None:
    """Create the table `parcel`."""
    op.create_table(
        "parcel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel")),
        postgresql_partition_by="RANGE (id)",
    )
    # What is sealed cannot be compressed any more; PostgreSQL need not try.
    op.execute("alter table parcel alter column sealed set storage external")
    partition_by_id("parcel")


def create_resource() -> None:
    """Create the table `resource`.

    Without foreign keys: they would cost two look-ups a row, and the door resolves the client and
    the patient in the same transaction; neither is ever deleted.
    """
    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("parcel_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_updated", sa.DateTime(timezone=True), nullable=True),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", "type", name=op.f("pk_resource")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(
        op.f("ix_resource_patient_id_effective"), "resource", ["patient_id", "effective"]
    )
    partition_by_id("resource")


def create_resource_identifier() -> None:
    """Create the table `resource_identifier`, in one piece: its key must be unique in all time."""
    op.create_table(
        "resource_identifier",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_resource_identifier")),
    )


def create_reading() -> None:
    """Create the table `reading`."""
    op.create_table(
        "reading",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("effective", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("local_day", sa.Date(), nullable=True),
        sa.Column("resource_version", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("vital", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("quality", sa.String(), nullable=False),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("comparator", sa.String(), nullable=False),
        sa.Column("value_received", sa.String(), nullable=False),
        sa.Column("unit_received", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "patient_id", "effective", "vital", "device", "ordinal", name=op.f("pk_reading")
        ),
        sa.CheckConstraint(
            "ordinal = 0 or superseded or quality in ('conflict', 'absent', 'withdrawn')",
            name=op.f("ck_reading_one_lives"),
        ),
        postgresql_partition_by="RANGE (effective)",
    )
    for start, end in spans(MONTH):
        partition("reading", start, f"'{start.isoformat()}'", f"'{end.isoformat()}'")
    op.execute("create table part.reading_default partition of reading default")


def partition_by_id(table: str) -> None:
    """Create the partitions of a table whose ids begin with the time."""
    for start, end in spans(QUARTER):
        partition(table, start, f"'{first_id(start)}'", f"'{first_id(end)}'")
    op.execute(f"create table part.{table}_default partition of {table} default")


def partition(table: str, start: datetime, lower: str, upper: str) -> None:
    """Create the partition that begins at an instant."""
    name = f"part.{table}_{start:%Y_%m}"
    op.execute(f"create table {name} partition of {table} for values from ({lower}) to ({upper})")


def spans(months: int) -> Iterator[tuple[datetime, datetime]]:
    """Yield the beginning and the end of every so many months."""
    for number in range(YEARS.start * 12, YEARS.stop * 12, months):
        yield instant(number), instant(number + months)


def instant(months: int) -> datetime:
    """Return when a month begins, counted since the year 0."""
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
