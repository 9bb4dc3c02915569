"""Subscriptions and what was sent for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = ("subscription", "subscription_notice", "subscription_attempt")


def upgrade() -> None:
    create_subscription()
    create_subscription_notice()
    create_subscription_attempt()
    role = context.config.attributes["app_role"]
    for table in TABLES:
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def create_subscription() -> None:
    """Create the table `subscription`."""
    op.create_table(
        "subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("payload", sa.String(), nullable=False),
        sa.Column("heartbeat_seconds", sa.Integer(), nullable=True),
        sa.Column("timeout_seconds", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        _instant("next_try_at", nullable=True),
        _instant("last_try_at", nullable=True),
        _instant("ends_at", nullable=True),
        _instant("created_at"),
        _instant("updated_at"),
        _instant("deleted_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_subscription_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )
    op.create_index(op.f("ix_subscription_client_id"), "subscription", ["client_id"])


def create_subscription_notice() -> None:
    """Create the table `subscription_notice`."""
    op.create_table(
        "subscription_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("alert_id", sa.Uuid(), nullable=True),
        sa.Column("alert_event_id", sa.BigInteger(), nullable=True),
        _instant("at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _instant("sent_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_subscription_notice_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_notice")),
        sa.UniqueConstraint(
            "subscription_id", "number", name=op.f("uq_subscription_notice_subscription_id_number")
        ),
        sa.UniqueConstraint(
            "subscription_id",
            "alert_event_id",
            name=op.f("uq_subscription_notice_subscription_id_alert_event_id"),
        ),
    )
    op.create_index(
        "ix_subscription_notice_due",
        "subscription_notice",
        ["subscription_id", "number"],
        postgresql_where=sa.text("sent_at is null"),
    )


def create_subscription_attempt() -> None:
    """Create the table `subscription_attempt`."""
    op.create_table(
        "subscription_attempt",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _instant("at"),
        sa.Column("code", sa.String(), nullable=False),
        _instant("next_try_at", nullable=True),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["subscription_notice.id"],
            name=op.f("fk_subscription_attempt_notice_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_attempt")),
        sa.UniqueConstraint(
            "notice_id", "number", name=op.f("uq_subscription_attempt_notice_id_number")
        ),
    )
