"""With which other message about the same person a message left, as one (AL-09)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("sent_with", sa.Uuid()))
    op.create_foreign_key(
        "fk_delivery_sent_with_delivery", "delivery", "delivery", ["sent_with"], ["id"]
    )


def downgrade() -> None:
    op.drop_constraint("fk_delivery_sent_with_delivery", "delivery")
    op.drop_column("delivery", "sent_with")
