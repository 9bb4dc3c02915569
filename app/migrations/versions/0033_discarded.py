"""Why a person discarded work that was given up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("note", sa.String()))


def downgrade() -> None:
    op.drop_column("outbox", "note")
