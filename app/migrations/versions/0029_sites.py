"""On which part of the body something was measured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a constant default PostgreSQL writes no row anew.
    op.add_column("reading", sa.Column("site", sa.String(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("reading", "site")
