"""The second wall around all that is known of a person, for users and for clients (SEC-11).

Whoever a transaction reads for is asked once: `wardlight_raise` finds out whose rows these are and
keeps it as a setting that ends with the transaction, so that a query of many tables does not ask
again for each. What hangs on an alert or a message is seen where that is. A process of the version
before says only for whom it reads; then it is found out as before. A moment for each table: no row
is read or written.
"""

from __future__ import annotations

from alembic import context, op

revision = "0086"
down_revision = "0091"
branch_labels = None
depends_on = None

OPEN = """(select coalesce(current_setting('wardlight.caller', true), '') = ''
    or coalesce(current_setting('wardlight.sees', true), '') = '*')"""
OF = "{column} in (select id from wardlight_seen() seen (id))"
BEFORE = {"patient": "id", "alert": "patient_id", "assessment": "patient_id"}
OWN = (
    *("appointment", "asked_measurement", "baseline_freeze", "clock_doubt", "condition"),
    *("correction", "daily_question", "declared_pause", "device_use", "discharge"),
    *("followed_day", "last_judged", "legal_hold", "living_answer", "medicine"),
    *("patient_absence", "patient_message", "patient_number", "person_choice", "plan_version"),
    *("repeat_request", "rolled_up", "score_contest", "shadow_score", "time_spent"),
)
# What hangs on a row that is walled itself: by which column, and on which.
HANGING = {
    "alert_event": ("alert_id", "alert"),
    "alert_finding": ("alert_id", "alert"),
    "checklist_answer": ("alert_id", "alert"),
    "delivery": ("alert_id", "alert"),
    "step": ("alert_id", "alert"),
    "delivery_attempt": ("delivery_id", "delivery"),
    "patient_message_attempt": ("message_id", "patient_message"),
    "shadowed_day": ("followed_id", "followed_day"),
}
# Whom a client may ask about, as its registration and the words of people say; '*': of all.
CLIENT_SEES = """
create function wardlight_client_sees(whom uuid) returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
    with who as (
        select id, bound, research from client where id = whom
    ), stands as (
        select survivor_id, merged_id from patient_merge where undone_at is null
    ), granted as (
        select coalesce(s.survivor_id, c.patient_id) as id
        from client_patient c left join stands s on s.merged_id = c.patient_id
        where c.client_id = whom
    ), newest as (
        select distinct on (head, purpose) head, purpose, allowed from (
            select coalesce(s.survivor_id, c.patient_id) as head, c.*
            from person_choice c left join stands s on s.merged_id = c.patient_id
            where c.purpose in ('research', 'use') and c.since <= clock_timestamp()
            and (c.until is null or c.until > clock_timestamp())
        ) said
        order by head, purpose, since desc, at desc, id desc
    ), heads as (
        select p.id from patient p, who
        where p.id not in (select merged_id from stands)
        and (not who.bound or p.id in (select id from granted))
        and (not who.research or (
            p.id in (select head from newest where purpose = 'research' and allowed)
            and p.id not in (select head from newest where purpose = 'use' and not allowed)
        ))
    ), seen as (
        select id from heads
        union select merged_id from stands where survivor_id in (select id from heads)
    )
    select case
        when exists (select from who where not bound and not research) then '*'
        else (select coalesce(array_agg(id), '{}')::text from seen)
    end
$$
"""
RAISE = """
create function wardlight_raise(kind text, whom uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, public, pg_temp
as $$
begin
    perform set_config('wardlight.caller', whom::text, true);
    perform set_config('wardlight.sees', case kind
        when 'client' then wardlight_client_sees(whom)
        else (select coalesce(array_agg(id), '{}')::text from wardlight_sees() mine (id))
    end, true);
end
$$
"""
SEEN = """
create function wardlight_seen() returns setof uuid language sql stable
as $$
    select unnest(nullif(nullif(current_setting('wardlight.sees', true), ''), '*')::uuid[])
    union all select * from wardlight_sees()
        where coalesce(current_setting('wardlight.sees', true), '') = ''
$$
"""
FUNCTIONS = (*("wardlight_seen()", "wardlight_raise(text, uuid)", "wardlight_client_sees(uuid)"),)


def upgrade() -> None:
    role = context.config.attributes["app_role"]
    for function in (CLIENT_SEES, RAISE, SEEN):
        op.execute(function)
    for signature in FUNCTIONS:
        op.execute(f"revoke execute on function {signature} from public")
    op.execute(f"grant execute on function wardlight_raise(text, uuid), wardlight_seen() to {role}")
    for table, column in BEFORE.items():
        op.execute(f"alter policy second_wall on {table} using ({OPEN} or {of(column)})")
    for table in OWN:
        wall(table, of("patient_id"))
    for table, (column, to) in HANGING.items():
        wall(table, f"exists (select from {to} seen where seen.id = {table}.{column})")


def downgrade() -> None:
    for table in (*HANGING, *OWN):
        open_again(table)
    for table, column in BEFORE.items():
        op.execute(f"""
            alter policy second_wall on {table} using (
                (select coalesce(current_setting('wardlight.caller', true), '') = '')
                or {column} in (select wardlight_sees())
            )
        """)
    for signature in FUNCTIONS:
        op.execute(f"drop function {signature}")


def of(column: str) -> str:
    """Return whether a row is of somebody who is seen."""
    return OF.format(column=column)


def wall(table: str, seen: str) -> None:
    """Let the application see of a table what a condition says, once it said for whom."""
    role = context.config.attributes["app_role"]
    op.execute(f"create policy second_wall on {table} to {role} using ({OPEN} or {seen})")
    op.execute(f"alter table {table} enable row level security")


def open_again(table: str) -> None:
    """Take a wall down."""
    op.execute(f"alter table {table} disable row level security")
    op.execute(f"drop policy second_wall on {table}")
