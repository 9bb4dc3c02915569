"""Whose alert a message tells of stands beside the message: one person's are read along an index.

A page of them begins where the last ended; before, each looked for all of theirs by their alerts.
A process of the version before does not say whose: the database does. What is there is written
once, in parts beside the writers, a minute for some millions; what an attempt that was ended
half-way did is done. The index is built beside them too.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from app.migrations.online import create_index, drop_index

revision = "0097"
down_revision = "0095"
branch_labels = None
depends_on = None

INDEX = "ix_delivery_patient_id_created_at_id"
KEY = "fk_delivery_patient_id_patient"
PART = 20_000  # rows
# Of its owner, and so beyond the second wall.
SAY = """
create or replace function say_of_whom() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
begin
  select patient_id into new.patient_id from alert where id = new.alert_id;
  return new;
end $$
"""
TRIGGER = """
create or replace trigger say_of_whom before insert on delivery
for each row when (new.patient_id is null) execute function say_of_whom()
"""
FILL = sa.text("""
with part as (
    select id, alert_id from delivery where id > :after order by id limit :part
), said as (
    update delivery told set patient_id = alert.patient_id
    from part join alert on alert.id = part.alert_id
    where told.id = part.id and told.patient_id is null
)
select id from part order by id desc limit 1
""")
KNOWN = "ck_delivery_of_somebody"


def upgrade() -> None:
    op.execute("alter table delivery add column if not exists patient_id uuid")
    op.execute(SAY)
    op.execute("revoke execute on function say_of_whom() from public")
    op.execute(TRIGGER)
    line, after = op.get_bind(), UUID(int=0)
    with op.get_context().autocommit_block():
        while after := line.scalar(FILL, {"after": after, "part": PART}):
            pass
    create_index(INDEX, "delivery", ["patient_id", "created_at", "id"])
    op.execute(f"alter table delivery drop constraint if exists {KEY}")
    op.execute(f"alter table delivery drop constraint if exists {KNOWN}")
    op.execute(
        f"alter table delivery add constraint {KEY}"
        " foreign key (patient_id) references patient (id) not valid,"
        f" add constraint {KNOWN} check (patient_id is not null) not valid"
    )
    with op.get_context().autocommit_block():  # these two look at each row beside the writers
        op.execute(f"alter table delivery validate constraint {KEY}")
        op.execute(f"alter table delivery validate constraint {KNOWN}")
    op.alter_column("delivery", "patient_id", nullable=False)
    op.execute(f"alter table delivery drop constraint {KNOWN}")


def downgrade() -> None:
    drop_index(INDEX, "delivery")
    op.execute("drop trigger say_of_whom on delivery")
    op.execute("drop function say_of_whom()")
    op.drop_column("delivery", "patient_id")
