"""The second wall around readings and received resources (SEC-11).

PostgreSQL refuses COPY into a table with row-level security, and COPY is how the door writes many.
So the application may write, and nothing else, into the partitions themselves, which nobody reads
by name: what is read is read through the table, and the table is walled. A resource of nobody, as
a device or a clinician, is seen by all. A moment: no row is read or written.
"""

from __future__ import annotations

from importlib import import_module

from alembic import context, op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

OF = {"reading": "", "resource": "patient_id is null or "}


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(f"grant usage on schema part to {role}")
    op.execute(f"grant insert on all tables in schema part to {role}")
    op.execute(f"alter default privileges in schema part grant insert on tables to {role}")
    walls = import_module("app.migrations.versions.0086_wall_around_all")
    for table, nobody in OF.items():
        walls.wall(table, nobody + walls.of("patient_id"))


def downgrade() -> None:
    role = context.config.attributes["app_role"]
    walls = import_module("app.migrations.versions.0086_wall_around_all")
    for table in OF:
        walls.open_again(table)
    op.execute(f"alter default privileges in schema part revoke insert on tables from {role}")
    op.execute(f"revoke insert on all tables in schema part from {role}")
    op.execute(f"revoke usage on schema part from {role}")
