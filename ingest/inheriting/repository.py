"""Which reading counts for the others from now on, where the one that did stepped aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.rows import run
from ingest.movement import MOVEMENT
from ingest.people.repository import zones
from ingest.placing import day_around

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


class Left(NamedTuple):
    """What a reading that stepped aside counted for: those that are gone, and not itself.

    `days` says how late it came. Movements of a home are summed up by value, and
    another sensor counts for one that has none left of its own on that day.
    """

    patient_id: UUID
    effective: datetime
    vital: str
    device: str
    ordinal: int
    summed: int
    value: float | None
    days: int


_LATE = [1, 30]  # days: whoever counts late readings draws a line at one of them
# How many days a reading `r` came late; a correction arrives when it may.
DAYS_LATE = (
    "case r.resource_version when 1"
    " then extract(day from r.received_at - r.effective)::int4 else 0 end"
)
# The next version at the same instant, else the nearest of that local day; one that came as timely
# as long as there is any, or those that are gone would be late, or in time, all of a sudden.
_HAND_ON = f"""
with left_by as (
    select * from unnest(%b::uuid[], %b::timestamptz[], %b::text[], %b::text[], %b::int4[],
        %b::int4[], %b::float8[], %b::int4[], %b::timestamptz[], %b::timestamptz[])
        at (patient, instant, vital, device, ordinal, more, value, days, since, before)
), heir as (
    select at.*, r.effective as into_, r.device as by from left_by at, lateral (
        select r.effective, r.device from reading r
        where r.patient_id = at.patient and r.vital = at.vital
            and r.effective >= at.since and r.effective < at.before
            and r.effective between %b and %b
            and (r.device = at.device or r.vital = any(%b::text[]))
            and r.ordinal = 0 and not r.superseded and r.quality = 'scored'
            and r.precision = 'instant' and r.value is not null and r.until is null
        order by r.device <> at.device, width_bucket(at.days, %b::int4[]) <> width_bucket(
                {DAYS_LATE}, %b::int4[]), r.effective <> at.instant,
            r.vital = any(%b::text[]) and r.value is distinct from at.value,
            abs(extract(epoch from r.effective - at.instant)), r.effective, r.device
        limit 1
    ) r
), emptied as (
    update reading r set summed = 0 from heir
    where r.patient_id = heir.patient and r.effective = heir.instant and r.vital = heir.vital
        and r.device = heir.device and r.ordinal = heir.ordinal
        and r.effective between %b and %b
)
update reading r set summed = r.summed + each.more from (
    select patient, into_, vital, by, sum(more)::int4 as more from heir group by 1, 2, 3, 4
) each
where r.patient_id = each.patient and r.effective = each.into_ and r.vital = each.vital
    and r.device = each.by and r.ordinal = 0 and r.effective between %b and %b
"""  # noqa: S608 (only the expression above)


def hand_on(session: Session, left: Sequence[Left]) -> None:
    """Let other readings count for what those that stepped aside counted for.

    Under the lock of the person, which whoever stores a reading holds. Where nothing of that day
    counts any more, the number stays where it was: all of it that could be was taken back.
    """
    counting = [each for each in left if each.summed]
    if not counting:
        return
    zone = zones(session, {each.patient_id for each in counting})
    days = [day_around(each.effective, zone.get(each.patient_id, "")) for each in counting]
    starts, ends = zip(*days, strict=True)
    columns = [list(each) for each in zip(*counting, strict=True)]
    span = min(starts), max(ends)
    moves = [str(each) for each in MOVEMENT]
    asked = (*span, moves, _LATE, _LATE, moves, *span, *span)
    run(session, _HAND_ON, *columns, list(starts), list(ends), *asked)
