"""What rules in shadow mode would have said is recorded beside what was said (AL-21)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("shadow", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'"))
    op.add_column("assessment", column)


def downgrade() -> None:
    op.drop_column("assessment", "shadow")
