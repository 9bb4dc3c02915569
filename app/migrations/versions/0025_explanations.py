"""An alert's findings as messages and facts; rows of before keep the words they have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0025"
down_revision = "0021"
branch_labels = None
depends_on = None

INDEX = "ix_alert_finding_rule_id_alert_id"
WORDS = ("sentence", "patient_sentence", "counterfactual")


def upgrade() -> None:
    op.add_column("alert_finding", sa.Column("says", JSONB()))
    for name in WORDS:
        op.alter_column("alert_finding", name, server_default="")
    op.create_index(INDEX, "alert_finding", ["rule_id", "alert_id"])


def downgrade() -> None:
    op.drop_index(INDEX, "alert_finding")
    for name in WORDS:
        op.alter_column("alert_finding", name, server_default=None)
    op.drop_column("alert_finding", "says")
