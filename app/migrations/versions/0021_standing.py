"""Which span a judgement judged anew, and which findings no longer stand (REL-19, REL-23)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assessment", sa.Column("judged_from", sa.DateTime(timezone=True)))
    op.add_column("alert_finding", sa.Column("fallen_at", sa.DateTime(timezone=True)))
    again: sa.Column[bool] = sa.Column(
        "rejudged", sa.Boolean(), nullable=False, server_default=sa.text("false")
    )
    op.add_column("alert_finding", again)


def downgrade() -> None:
    op.drop_column("alert_finding", "rejudged")
    op.drop_column("alert_finding", "fallen_at")
    op.drop_column("assessment", "judged_from")
