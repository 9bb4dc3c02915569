"""What a search goes along: indexes of one person's and of nobody's rows, and a narrower wall.

The indexes are each built part by part beside the writers (SEC-37): what was measured by when it
arrived, all else of a person by its kind, and what is nobody's by its kind. The first takes some
20 s for ten million, the others a moment.

What hangs on an alert or a message is seen where that is, as before. It is looked up row by row
now: PostgreSQL read all alerts beforehand to be quicker with many. A moment for each table.
"""

from __future__ import annotations

from importlib import import_module

import sqlalchemy as sa
from alembic import op

from app.migrations.online import create_parted_index

revision = "0095"
down_revision = "0093"
branch_labels = None
depends_on = None

RECEIVED = ["received_at", "id", "version"]
INDEXES = {
    "ix_resource_arrived": (["patient_id", "received_at"], "effective is not null"),
    "ix_resource_others": (
        ["patient_id", "type", *RECEIVED],
        "type <> 'Observation' or effective is null",
    ),
    "ix_resource_nobodys": (["type", *RECEIVED], "patient_id is null"),
}
ROW_BY_ROW = " offset 0"  # no query of many rows can be made of it


def upgrade() -> None:
    for name, (columns, where) in INDEXES.items():
        create_parted_index(name, "resource", columns, where=sa.text(where))
    hang(ROW_BY_ROW)


def downgrade() -> None:
    hang("")
    for name in INDEXES:
        op.drop_index(name, "resource")


def hang(how: str) -> None:
    """Say of what hangs on a walled row how that is looked up."""
    walls = import_module("app.migrations.versions.0086_wall_around_all")
    for table, (column, to) in walls.HANGING.items():
        seen = f"exists (select from {to} seen where seen.id = {table}.{column}{how})"
        op.execute(f"alter policy second_wall on {table} using ({walls.OPEN} or {seen})")
