"""An index by which the rows of a block of the audit are found; built beside the writers."""

from __future__ import annotations

from app.migrations.online import create_index, drop_index

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_index("ix_audit_event_turn_id", "audit_event", ["turn", "id"])


def downgrade() -> None:
    drop_index("ix_audit_event_turn_id", "audit_event")
