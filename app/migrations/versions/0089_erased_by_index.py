"""Indexes along which an erasure finds what leads to a person (SEC-44).

Each is built beside the writers. That of names of resources takes some 40 s for ten million; ids
grow with time, so that a new name touches its end alone.
"""

from __future__ import annotations

from app.migrations.online import create_index, drop_index

revision = "0089"
down_revision = "0082"
branch_labels = None
depends_on = None

INDEXES = (
    ("resource_identifier", "resource_id"),
    ("patient_message", "contact_id"),
    ("patient_message_attempt", "contact_id"),
    ("emergency_access", "patient_id"),
)


def upgrade() -> None:
    for table, column in INDEXES:
        create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table, column in INDEXES:
        drop_index(f"ix_{table}_{column}", table)
