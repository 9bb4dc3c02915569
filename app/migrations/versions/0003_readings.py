"""Clients, received resources and readings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_client()
    create_client_assertion()
    create_reading()
    create_resource()
    create_resource_identifier()


def downgrade() -> None:
    op.drop_table("resource_identifier")
    op.drop_table("resource")
    op.drop_table("reading")
    op.drop_table("client_assertion")
    op.drop_table("client")


def create_client() -> None:
    """Create the table `client`."""
    op.create_table(
        "client",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("jwks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("scopes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("name", name=op.f("uq_client_name")),
    )


def create_client_assertion() -> None:
    """Create the table `client_assertion`."""
    op.create_table(
        "client_assertion",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("jti", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_client_assertion_client_id")
        ),
        sa.PrimaryKeyConstraint("client_id", "jti", name=op.f("pk_client_assertion")),
    )
    op.create_index(
        op.f("ix_client_assertion_expires_at"), "client_assertion", ["expires_at"], unique=False
    )


def create_reading() -> None:
    """Create the table `reading`."""
    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("vital", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("comparator", sa.String(), nullable=False),
        sa.Column("quality", sa.String(), nullable=False),
        sa.Column("effective", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("local_day", sa.Date(), nullable=True),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("value_received", sa.String(), nullable=False),
        sa.Column("unit_received", sa.String(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("resource_version", sa.Integer(), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name=op.f("fk_reading_patient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    op.create_index(
        op.f("ix_reading_patient_id_effective"),
        "reading",
        ["patient_id", "effective"],
        unique=False,
    )
    op.create_index(
        op.f("ix_reading_patient_id_received_at"),
        "reading",
        ["patient_id", "received_at"],
        unique=False,
    )
    op.create_index(op.f("ix_reading_resource_id"), "reading", ["resource_id"], unique=False)
    op.create_index(
        "uq_reading_natural_key",
        "reading",
        ["patient_id", "device", "vital", "effective"],
        unique=True,
        postgresql_where=sa.text(
            "not superseded and quality not in ('conflict', 'absent', 'withdrawn')"
        ),
    )


def create_resource() -> None:
    """Create the table `resource`."""
    op.create_table(
        "resource",
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("source_updated", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_resource_client_id")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_resource_patient_id")
        ),
        sa.PrimaryKeyConstraint("type", "id", "version", name=op.f("pk_resource")),
    )
    op.create_index(op.f("ix_resource_patient_id"), "resource", ["patient_id"], unique=False)


def create_resource_identifier() -> None:
    """Create the table `resource_identifier`."""
    op.create_table(
        "resource_identifier",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("resource_type", sa.String(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_resource_identifier_client_id")
        ),
        sa.PrimaryKeyConstraint(
            "client_id", "resource_type", "system", "value", name=op.f("pk_resource_identifier")
        ),
    )
    op.create_index(
        op.f("ix_resource_identifier_resource_id"),
        "resource_identifier",
        ["resource_id"],
        unique=False,
    )
