"""Under which id a row was written: that of the request whose reading it follows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("trace", sa.String()))


def downgrade() -> None:
    op.drop_column("outbox", "trace")
