"""Who was a patient of which team from when to when: a report of a past week is of those.

Whoever is of a team when this is done was so since before anything was written down: since null.
Who answers for patients of a team that an administrator took them out of does so no more. A
moment: one short row is written for each patient of a team.
"""

from __future__ import annotations

from importlib import import_module

import sqlalchemy as sa
from alembic import context, op

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None

# Of its owner, and so beyond the second wall: a stay ends whoever ends it. What ended and began
# again in one transaction is one stay.
NOTE = """
create function note_patient_stay() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
begin
  if tg_op = 'DELETE' then
    update patient_stay set until = now()
     where care_team_id = old.care_team_id and patient_id = old.patient_id and until is null;
    return null;
  end if;
  update patient_stay set until = null
   where care_team_id = new.care_team_id and patient_id = new.patient_id
     and (until is null or until = now());
  if not found then
    insert into patient_stay (id, care_team_id, patient_id, since)
    values (gen_random_uuid(), new.care_team_id, new.patient_id, now());
  end if;
  return null;
end $$
"""
TRIGGER = """
create trigger note_patient_stay after insert or delete on care_team_patient
for each row execute function note_patient_stay()
"""
KNOWN = """
insert into patient_stay (id, care_team_id, patient_id)
select gen_random_uuid(), care_team_id, patient_id from care_team_patient
"""
OUT = """
update care_team_patient cared set care_manager_id = null from taken_out gone
where gone.care_team_id = cared.care_team_id and gone.practitioner_id = cared.care_manager_id
"""


def upgrade() -> None:
    op.execute(OUT)
    op.create_table(
        "patient_stay",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("care_team_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_patient_stay_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_stay")),
    )
    op.create_index(op.f("ix_patient_stay_patient_id"), "patient_stay", ["patient_id"])
    op.create_index(
        op.f("ix_patient_stay_care_team_id_until"), "patient_stay", ["care_team_id", "until"]
    )
    op.execute(KNOWN)
    op.execute(NOTE)
    op.execute("revoke execute on function note_patient_stay() from public")
    op.execute(TRIGGER)
    role = context.config.attributes["app_role"]
    op.execute(f"grant select, insert, update, delete on patient_stay to {role}")
    walls = import_module("app.migrations.versions.0086_wall_around_all")
    walls.wall("patient_stay", walls.of("patient_id"))


def downgrade() -> None:
    op.execute("drop trigger note_patient_stay on care_team_patient")
    op.execute("drop function note_patient_stay()")
    op.drop_table("patient_stay")
