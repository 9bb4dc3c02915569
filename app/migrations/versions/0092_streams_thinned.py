"""Dense streams are thinned by their age (decision 59).

Until when a person's stream was looked at and may have gaps, and what a reading that is gone had
said. Three columns without a default: no row is read or written, and no index is built. Readings
are found by their key.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0087"
branch_labels = None
depends_on = None

WATERMARKS = ("looked_until", "thinned_until")


def upgrade() -> None:
    for name in WATERMARKS:
        op.add_column("rolled_up", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("summed_key", sa.Column("of_value", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("summed_key", "of_value")
    for name in reversed(WATERMARKS):
        op.drop_column("rolled_up", name)
