"""Messages to patients in the order in which they came to be, as they are read as FHIR."""

from __future__ import annotations

from alembic import op

from app.migrations.online import create_index, drop_index

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

ORDER = "ix_patient_message_created_at_id"


def upgrade() -> None:
    create_index(op.f(ORDER), "patient_message", ["created_at", "id"])


def downgrade() -> None:
    drop_index(op.f(ORDER), "patient_message")
