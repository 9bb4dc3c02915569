"""When a RED came in time to be told to the patient, and by which number each try went.

Of what is live, as far as it can be known: one that nobody took was paged, and so was one of which
there is a message.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

SENT_AS = "ix_patient_message_attempt_sent_as"


def upgrade() -> None:
    op.add_column("alert", sa.Column("in_time_at", sa.DateTime(timezone=True)))
    op.execute("""
        update alert set in_time_at = opened_at
        where state in ('open', 'claimed', 'acknowledged', 'snoozed')
          and severity = 'RED' and paged = 'RED' and held is null
          and (acknowledged_at is null or exists (
              select from patient_message
              where alert_id = alert.id and kind = 'instruction' and contact_id is not null))
    """)
    op.add_column("patient_message_attempt", sa.Column("contact_id", sa.Uuid()))
    op.add_column("patient_message_attempt", sa.Column("sent_as", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_patient_message_attempt_contact_id_patient_number"),
        "patient_message_attempt",
        "patient_number",
        ["contact_id"],
        ["id"],
    )
    op.create_index(op.f(SENT_AS), "patient_message_attempt", ["sent_as"])


def downgrade() -> None:
    op.drop_column("patient_message_attempt", "sent_as")
    op.drop_column("patient_message_attempt", "contact_id")
    op.drop_column("alert", "in_time_at")
