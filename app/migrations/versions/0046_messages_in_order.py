"""Messages to patients in the order in which they came to be, as they are read as FHIR."""

from __future__ import annotations

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

ORDER = "ix_patient_message_created_at_id"


def upgrade() -> None:
    op.create_index(op.f(ORDER), "patient_message", ["created_at", "id"])


def downgrade() -> None:
    op.drop_index(op.f(ORDER), "patient_message")
