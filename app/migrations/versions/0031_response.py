"""Claims, delegations, snoozes, contacts and undo of alerts; where a step stands in its chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

LIVE = "state in ('open', 'claimed', 'acknowledged', 'snoozed')"
BEFORE = "state in ('open', 'acknowledged')"
PEOPLE = ("claimed_by", "owner_team_id", "delegated_by", "snoozed_by")
TIMES = ("claim_ends_at", "answer_by", "snoozed_at", "snoozed_until", "contacted_at")


def upgrade() -> None:
    for name in PEOPLE:
        op.add_column("alert", sa.Column(name, sa.Uuid()))
    for name in TIMES:
        op.add_column("alert", sa.Column(name, sa.DateTime(timezone=True)))
    op.add_column("alert", sa.Column("snooze_reason", sa.String()))
    op.add_column("alert", sa.Column("highest", sa.String()))
    op.add_column("step", sa.Column("rung", sa.Integer()))
    op.add_column("alert_event", sa.Column("kept", postgresql.JSONB()))
    one_open(LIVE)


def one_open(where: str) -> None:
    """Make the index anew that keeps the episode single; the new one stands before the old goes.

    Code of before the change names the old condition, which the new index covers as well.
    """
    op.create_index(
        "uq_alert_live_problem",
        "alert",
        ["patient_id", "problem"],
        unique=True,
        postgresql_where=sa.text(where),
    )
    op.drop_index("uq_alert_open_problem", "alert")
    op.execute("alter index uq_alert_live_problem rename to uq_alert_open_problem")


def downgrade() -> None:
    op.execute("update alert set state = 'open' where state in ('claimed', 'snoozed')")
    one_open(BEFORE)
    op.drop_column("alert_event", "kept")
    op.drop_column("step", "rung")
    for name in ("highest", "snooze_reason", *TIMES, *PEOPLE):
        op.drop_column("alert", name)
