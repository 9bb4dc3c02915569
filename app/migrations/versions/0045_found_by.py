"""Indexes of what is looked up by another row, or each second."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0043"
branch_labels = None
depends_on = None

PASSING = "ix_patient_message_passing"
ORDERS = (
    ("scheduled_run", ["job", "ran_at"]),
    ("alert", ["previous_id"]),
    ("delivery", ["step_id"]),
    ("delivery", ["sent_with"]),
)


def upgrade() -> None:
    for table, columns in ORDERS:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    parked = sa.text("state = 'parked'")
    op.create_index("ix_outbox_parked", "outbox", ["priority"], postgresql_where=parked)
    passing = sa.text("alert_id is null")
    op.create_index(PASSING, "patient_message", ["until"], postgresql_where=passing)


def downgrade() -> None:
    op.drop_index(PASSING, "patient_message")
    op.drop_index("ix_outbox_parked", "outbox")
    for table, columns in reversed(ORDERS):
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
