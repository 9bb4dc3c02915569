"""What was agreed with each client, and for whom it speaks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    agree_with_client()


def downgrade() -> None:
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
