"""What a reading counted for when it was corrected, before that was handed on, counts again.

Of each person of whom a reading stepped aside and kept a number: the next version at the same
instant has it from now on, else the nearest of that local day, as `ingest.inheriting` has it since.
Where nothing of the day counts any more the number stays (decision 59). One person after the other
under the lock that storing takes, in a transaction each; done again it finds nothing. They are
found along the index of what was taken back: seconds for some millions.
"""

from __future__ import annotations

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None

WHO = sa.text("""
select distinct r.patient_id, coalesce(zone.name, 'UTC')
from reading r join patient on patient.id = r.patient_id
left join pg_timezone_names zone on zone.name = patient.zone
where r.superseded and r.summed > 0
""")
LATE = """width_bucket(case {r}.resource_version when 1
    then extract(day from {r}.received_at - {r}.effective)::int4 else 0 end, array[1, 30])"""
MOVES = "({r}.vital in ('motion', 'bathroom', 'outer_door', 'hub_heartbeat'))"
HAND_ON = sa.text(f"""
with left_by as (
    select *, date_trunc('day', effective, :zone) as since,
        (date_trunc('day', effective at time zone :zone) + interval '1 day')
            at time zone :zone as before
    from reading
    where patient_id = :who and superseded and summed > 0
), heir as (
    select at.*, r.effective as into_, r.device as by from left_by at, lateral (
        select r.effective, r.device from reading r
        where r.patient_id = :who and r.vital = at.vital
            and r.effective >= at.since and r.effective < at.before
            and (r.device = at.device or {MOVES.format(r="r")})
            and r.ordinal = 0 and not r.superseded and r.quality = 'scored'
            and r.precision = 'instant' and r.value is not null and r.until is null
        order by r.device <> at.device, {LATE.format(r="at")} <> {LATE.format(r="r")},
            r.effective <> at.effective,
            {MOVES.format(r="r")} and r.value is distinct from at.value,
            abs(extract(epoch from r.effective - at.effective)), r.effective, r.device
        limit 1
    ) r
), emptied as (
    update reading r set summed = 0 from heir
    where r.patient_id = :who and r.effective = heir.effective and r.vital = heir.vital
        and r.device = heir.device and r.ordinal = heir.ordinal
), again as (
    update rolled_up r set until = date_trunc('day', first.at, r.zone), changed_at = now(),
        looked_until = case when r.looked_until is not null
            then least(r.looked_until, date_trunc('day', first.at, r.zone)) end
    from (select min(least(effective, into_)) as at from heir) first
    where r.patient_id = :who and r.until > first.at
)
update reading r set summed = r.summed + each.more from (
    select into_, vital, by, sum(summed)::int4 as more from heir group by 1, 2, 3
) each
where r.patient_id = :who and r.effective = each.into_ and r.vital = each.vital
    and r.device = each.by and r.ordinal = 0
""")  # noqa: S608 (only the expressions above)
# Held by the connection, against that of whoever stores, which is held by a transaction.
TAKE, GIVE = sa.text("select pg_advisory_lock(:key)"), sa.text("select pg_advisory_unlock(:key)")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        hand_on(op.get_bind())


def downgrade() -> None:
    """Leave the numbers where they count."""


def hand_on(line: sa.Connection) -> None:
    """Hand on what was left behind, in a transaction for each statement."""
    for who, zone in line.execute(WHO).all():
        name = f"patient|{who}".encode()
        key = {"key": int.from_bytes(blake2b(name, digest_size=8).digest(), signed=True)}
        line.execute(TAKE, key)
        line.execute(HAND_ON, {"who": who, "zone": zone})
        line.execute(GIVE, key)
