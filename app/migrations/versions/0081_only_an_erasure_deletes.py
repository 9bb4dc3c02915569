"""What somebody decided about a person goes with the person, and in no other way (SEC-18, SEC-44).

The application may delete these rows for the sake of erasures; here the database holds it to that.
"""

from __future__ import annotations

from alembic import context, op

revision = "0081"
down_revision = "0066"
branch_labels = None
depends_on = None

KEPT = ("plan_version", "declared_pause", "correction", "discharge")


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(f"""
        create function wardlight_only_an_erasure() returns trigger language plpgsql as $$
        begin
            if current_user = '{role}'
                and coalesce(current_setting('wardlight.erasing', true), '') <> 'on' then
                raise insufficient_privilege
                    using message =
                        'permission denied: only an erasure deletes from ' || tg_table_name;
            end if;
            return null;
        end $$
    """)
    for table in KEPT:
        op.execute(
            f"create trigger only_an_erasure before delete on {table}"
            " for each statement execute function wardlight_only_an_erasure()"
        )


def downgrade() -> None:
    for table in KEPT:
        op.execute(f"drop trigger only_an_erasure on {table}")
    op.execute("drop function wardlight_only_an_erasure()")
