"""What is written about a person with an alert is sealed (SEC-27).

Columns with constant defaults: no table is rewritten. Two small indexes are built beside the
writers; they hold the rows that still are plain, which the scheduler seals by hundreds afterwards
(`alerts.wording.service`), and are empty from then on. The plain columns stay as long as a
process of before may write to them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.migrations.online import create_index, drop_index

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None

SEALED = (("alert", "snooze_words"), ("alert", "outcome_words"), ("alert_event", "words"))
PLAIN = {
    "alert": "outcome_note is not null or snooze_reason is not null",
    "alert_event": "(kind in ('noted', 'delegated') and after ->> 'note' is not null)"
    " or (kind = 'snoozed' and after ->> 'why' is not null)"
    " or kept ->> 'outcome_note' is not null or kept ->> 'snooze_reason' is not null",
}


def upgrade() -> None:
    for table, column in SEALED:
        nothing = sa.Column(column, sa.LargeBinary(), nullable=False, server_default=sa.text("''"))
        op.add_column(table, nothing)
    for table, where in PLAIN.items():
        create_index(f"ix_{table}_open_words", table, ["id"], where=sa.text(where))


def downgrade() -> None:
    """Go back to plain columns: what was sealed meanwhile is not in them."""
    for table in PLAIN:
        drop_index(f"ix_{table}_open_words", table)
    for table, column in SEALED:
        op.drop_column(table, column)
