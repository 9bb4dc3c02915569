"""Weights are looked for over half a year, beside months of everything else (WL-180)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_reading_weight",
        "reading",
        ["patient_id", "effective"],
        postgresql_where=sa.text("vital = 'body_weight'"),
    )


def downgrade() -> None:
    op.drop_index("ix_reading_weight", "reading")
