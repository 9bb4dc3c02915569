"""Indexes along which a search of one patient goes, in the order that it asks for (SEC-37).

One of their Observations by when they arrived, and one of all that was never measured: other
kinds, and Observations without a time. Each is built part by part beside the writers; the first
takes some 20 s for ten million, the second a moment.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.migrations.online import create_parted_index

revision = "0095"
down_revision = "0087"
branch_labels = None
depends_on = None

ARRIVED, UNDATED = "ix_resource_arrived", "ix_resource_undated"


def upgrade() -> None:
    dated, undated = sa.text("effective is not null"), sa.text("effective is null")
    create_parted_index(ARRIVED, "resource", ["patient_id", "received_at"], where=dated)
    whole = ["patient_id", "type", "received_at", "id", "version"]
    create_parted_index(UNDATED, "resource", whole, where=undated)


def downgrade() -> None:
    for name in (ARRIVED, UNDATED):
        op.drop_index(name, "resource")
