"""What was agreed with each client, and how far the clocks of its devices are off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    agree_with_client()
    create_device_clock()
    create_clock_correction()
    role = context.config.attributes["app_role"]
    for table in ("device_clock", "clock_correction"):
        op.execute(f"grant select, insert, update, delete on {table} to {role}")


def downgrade() -> None:
    op.drop_table("clock_correction")
    op.drop_table("device_clock")
    for name in ("jwks_url", "tolerances", "mode"):
        op.drop_column("client", name)


def agree_with_client() -> None:
    """Add what was agreed with a client; a server default only while the rows are filled."""
    op.add_column("client", sa.Column("mode", sa.String(), nullable=False, server_default="warn"))
    op.add_column(
        "client",
        sa.Column(
            "tolerances",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            server_default="[]",
        ),
    )
    op.add_column("client", sa.Column("jwks_url", sa.String(), nullable=False, server_default=""))
    for name in ("mode", "tolerances", "jwks_url"):
        op.alter_column("client", name, server_default=None)


def create_device_clock() -> None:
    """Create the table `device_clock`."""
    op.create_table(
        "device_clock",
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("seconds_ahead", sa.Float(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "device", name=op.f("pk_device_clock")),
    )


def create_clock_correction() -> None:
    """Create the table `clock_correction`."""
    op.create_table(
        "clock_correction",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("seconds_ahead", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("resource_id", "version", name=op.f("pk_clock_correction")),
    )
