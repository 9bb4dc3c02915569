"""Indexes along which a search of one patient goes, in the order that it asks for (SEC-37).

One of what was measured by when it arrived, and one of all else by its kind: other kinds, and
Observations without a time. Each is built part by part beside the writers; the first
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

ARRIVED, OTHERS = "ix_resource_arrived", "ix_resource_others"


def upgrade() -> None:
    dated = sa.text("effective is not null")
    others = sa.text("type <> 'Observation' or effective is null")
    create_parted_index(ARRIVED, "resource", ["patient_id", "received_at"], where=dated)
    whole = ["patient_id", "type", "received_at", "id", "version"]
    create_parted_index(OTHERS, "resource", whole, where=others)


def downgrade() -> None:
    for name in (ARRIVED, OTHERS):
        op.drop_index(name, "resource")
