"""Row-level security as a second wall around patients, their alerts and what was judged (SEC-11).

Where a transaction says for whom it reads, PostgreSQL itself shows it nobody else's rows; where it
says nothing, as in workers, all is as before. Readings are not walled: PostgreSQL takes no COPY
into a table with row-level security (decision 52). A moment: no row is read or written.
"""

from __future__ import annotations

from alembic import context, op

revision = "0074"
down_revision = "0077"
branch_labels = None
depends_on = None

WALLED = {"patient": "id", "alert": "patient_id", "assessment": "patient_id"}
# Of its own, and not made from the filter in the code: what is wrong in one is not in the other.
SEES = """
create function wardlight_sees() returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    with who as (
        select id, practitioner_id, role from app_user
        where id = nullif(current_setting('wardlight.caller', true), '')::uuid
        and role in ('physician', 'nurse', 'supervisor')
    ), mine as (
        select p.patient_id from care_team_patient p join who on (
            p.care_manager_id = who.practitioner_id
            or p.care_team_id in (
                select m.care_team_id from care_team_participant m
                join care_team t on t.id = m.care_team_id and t.active
                where m.practitioner_id = who.practitioner_id
            )
        )
        union
        select e.patient_id from emergency_access e join who on e.user_id = who.id
        where e.until > clock_timestamp() and e.ended_at is null
    ), stands as (
        select survivor_id, merged_id from patient_merge where undone_at is null
    ), heads as (
        select patient_id as id from mine
        union select survivor_id from stands where merged_id in (select patient_id from mine)
    ), supervised as (
        select 1 from who where role = 'supervisor'
    ), taken as (
        select c.patient_id as id from care_team_patient c
        join care_team t on t.id = c.care_team_id and t.active
        where exists (select from supervised)
    ), taken_heads as (
        select id from taken
        union select survivor_id from stands where merged_id in (select id from taken)
    )
    select id from heads
    union select merged_id from stands where survivor_id in (select id from heads)
    union select id from patient where exists (select from supervised)
        and id not in (select id from taken_heads)
        and id not in (
            select merged_id from stands where survivor_id in (select id from taken_heads)
        )
$$
"""


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    op.execute(SEES)
    op.execute("revoke execute on function wardlight_sees() from public")
    op.execute(f"grant execute on function wardlight_sees() to {role}")
    for table, column in WALLED.items():
        op.execute(f"""
            create policy second_wall on {table} to {role} using (
                (select coalesce(current_setting('wardlight.caller', true), '') = '')
                or {column} in (select wardlight_sees())
            )
        """)
        op.execute(f"alter table {table} enable row level security")


def downgrade() -> None:
    for table in WALLED:
        op.execute(f"alter table {table} disable row level security")
        op.execute(f"drop policy second_wall on {table}")
    op.execute("drop function wardlight_sees()")
