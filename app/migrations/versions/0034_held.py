"""Why nobody was told of an alert: the person is admitted, or monitoring is paused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert", sa.Column("held", sa.String()))
    op.create_index("ix_alert_held", "alert", ["id"], postgresql_where=sa.text("held is not null"))


def downgrade() -> None:
    op.drop_index("ix_alert_held", "alert")
    op.drop_column("alert", "held")
