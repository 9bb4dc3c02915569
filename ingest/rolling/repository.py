"""The rows of roll-ups: until when, what stands for what, and what makes them give way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.errors import DataError
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.rows import run
from ingest.rolling.tables import RolledUp

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def rolled_until(session: Session, patients: Collection[UUID]) -> dict[UUID, datetime]:
    """Return until when each person's streams are rolled up; who has none is absent."""
    query = select(RolledUp.patient_id, RolledUp.until)
    rows = session.execute(query.where(RolledUp.patient_id.in_(patients)))
    return {row[0]: row[1] for row in rows}


def marks(session: Session, patient_id: UUID) -> RolledUp | None:
    """Return how far a person is rolled up, as stored."""
    return session.get(RolledUp, patient_id, populate_existing=True)


# To the beginning of the local day, since a day is rolled up as one.
_GIVE_WAY = (
    "update rolled_up r set until = date_trunc('day', at.first, r.zone), changed_at = now(),"
    " looked_until = case when r.looked_until > date_trunc('day', at.first, r.zone)"
    " then date_trunc('day', at.first, r.zone) else r.looked_until end"
    " from (select patient, min(instant) as first"
    " from unnest(%b::uuid[], %b::timestamptz[]) each (patient, instant) group by 1) at"
    " where r.patient_id = at.patient and r.until > at.first"
)


def give_way(session: Session, patients: list[UUID], instants: list[datetime]) -> None:
    """Have these days read from the readings themselves again: something in them changed."""
    if patients:
        run(session, _GIVE_WAY, patients, instants)


_SET = (
    "update reading r set roll = at.roll, stands_for = at.stands - r.summed"
    " from unnest(%b::timestamptz[], %b::uuid[], %b::int4[], %b::text[], %b::int4[], %b::int4[],"
    " %b::int4[]) at (instant, resource, version, vital, ordinal, roll, stands)"
    " where r.patient_id = %b and r.effective = at.instant and r.resource_id = at.resource"
    " and r.resource_version = at.version and r.vital = at.vital and r.ordinal = at.ordinal"
)
# Where a day was thinned out, what has lost its mark might go too: it stays, for nobody but itself.
_CLEAR = (
    "update reading r set roll = case when r.effective < stays.until then 1 end,"
    " stands_for = case when r.effective < stays.until then -r.summed end"
    " from (select max(thinned_until) as until from rolled_up where patient_id = %b) stays"
    " where r.patient_id = %b and r.effective >= %b and r.effective < %b and r.roll is not null"
)


def keep(
    session: Session,
    patient_id: UUID,
    kept: Mapping[tuple[datetime, str], tuple[int, int]],
    span: tuple[datetime, datetime],
) -> None:
    """Mark what stands for a span of days: by (effective, reading id), level and number.

    Whatever is gone and counts with a reading is among its number.
    """
    run(session, _CLEAR, patient_id, patient_id, *span)
    if not kept:
        return
    names = [(at, *_named(id_)) for at, id_ in kept]
    columns = [list(each) for each in zip(*names, strict=True)]
    levels, numbers = zip(*kept.values(), strict=True)
    run(session, _SET, *columns, list(levels), list(numbers), patient_id)


def _named(reading_id: str) -> tuple[str, int, str, int]:
    resource, version, vital, *beside = reading_id.split("/")
    return resource, int(version), vital, int(beside[0]) if beside else 0


# What no judgement and no chart can find: an end of the key, and an end of the marks.
_BEFORE_MARKS = """
select newest.effective, marked.day from (
    select date_trunc('day', min(first.effective), %b) as day
    from unnest('{0, 1}'::int2[]) level, lateral (
        select effective from reading r where r.patient_id = %b and r.roll = level
        order by effective limit 1
    ) first
) marked, lateral (
    select effective from reading r where r.patient_id = %b and r.effective < marked.day
        and not r.superseded and r.quality <> 'withdrawn'
    order by effective desc limit 1
) newest
"""
_LOOK_AGAIN = "update rolled_up set looked_until = %b where patient_id = %b and looked_until > %b"


def before_marks(session: Session, patient_id: UUID, zone: str) -> tuple[datetime, datetime] | None:
    """Return the newest reading before the first day with marks, and when that day began."""
    found = run(session, _BEFORE_MARKS, zone, patient_id, patient_id)
    return (found[0][0], found[0][1]) if found else None


def look_again(session: Session, patient_id: UUID, since: datetime) -> None:
    """Have the days since an instant looked at again once they are old (`ingest.thinning`)."""
    run(session, _LOOK_AGAIN, since, patient_id, since)


def move_on(session: Session, patient_id: UUID, until: datetime, zone: str) -> None:
    """Remember until when a person is rolled up now."""
    row = insert(RolledUp).values(patient_id=patient_id, until=until, zone=zone)
    session.execute(
        row.on_conflict_do_update(
            index_elements=["patient_id"],
            set_={"until": until, "zone": zone, "changed_at": None},
        )
    )


def database_knows(session: Session, zone: str) -> bool:
    """Return whether PostgreSQL has a zone by this name."""
    try:
        with session.begin_nested():
            run(session, "select date_trunc('day', now(), %b)", zone)
    except DataError:
        return False
    return True
