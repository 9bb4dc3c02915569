"""Indexes along which a search that names no patient goes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

RECEIVED = ["received_at", "id", "version"]
OBSERVATIONS, OTHERS = "ix_resource_observation_received", "ix_resource_other_received"
ORDERS = {
    "alert": ["opened_at", "id"],
    "assessment": ["at", "id"],
    "audit_event": ["recorded", "id"],
    "delivery": ["created_at", "id"],
}


def upgrade() -> None:
    one, others = sa.text("type = 'Observation'"), sa.text("type <> 'Observation'")
    op.create_index(OBSERVATIONS, "resource", RECEIVED, postgresql_where=one)
    op.create_index(OTHERS, "resource", ["type", *RECEIVED], postgresql_where=others)
    for table, columns in ORDERS.items():
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns)


def downgrade() -> None:
    for table, columns in ORDERS.items():
        op.drop_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table)
    op.drop_index(OTHERS, "resource")
    op.drop_index(OBSERVATIONS, "resource")
