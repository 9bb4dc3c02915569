"""The audit and the queue of record."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_audit_event()
    create_outbox()


def downgrade() -> None:
    op.drop_table("outbox")
    op.drop_table("audit_event")


def create_audit_event() -> None:
    """Create the table `audit_event`."""
    op.create_table(
        "audit_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller_kind", sa.String(), nullable=False),
        sa.Column("caller_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(
        op.f("ix_audit_event_caller_id_recorded"),
        "audit_event",
        ["caller_id", "recorded"],
        unique=False,
    )
    op.create_index(
        op.f("ix_audit_event_patient_id_recorded"),
        "audit_event",
        ["patient_id", "recorded"],
        unique=False,
    )


def create_outbox() -> None:
    """Create the table `outbox`."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error_code", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_closed",
        "outbox",
        ["done_at"],
        unique=False,
        postgresql_where=sa.text("state = 'done'"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["priority", "next_try_at"],
        unique=False,
        postgresql_where=sa.text("state in ('open', 'leased')"),
    )
    op.create_index(
        "uq_outbox_open_subject",
        "outbox",
        ["topic", "subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
