"""Indexes of what is looked up by another row, or each second."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.migrations.online import create_index, drop_index

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
        create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)
    create_index("ix_outbox_parked", "outbox", ["priority"], where=sa.text("state = 'parked'"))
    create_index(PASSING, "patient_message", ["until"], where=sa.text("alert_id is null"))


def downgrade() -> None:
    drop_index(PASSING, "patient_message")
    drop_index("ix_outbox_parked", "outbox")
    for table, columns in reversed(ORDERS):
        drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
