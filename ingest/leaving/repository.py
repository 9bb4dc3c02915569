"""Reads and writes discharges together with the absences that they are."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from core.rows import run
from core.sealed_fields import seal, unseal
from ingest.context.repository import keep_stays
from ingest.departures import Departure, Why
from ingest.enrolment import Absence, Stay
from ingest.leaving.tables import Discharge
from ingest.teams.repository import clinicians

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from ingest.departures import Asked

Spans = list[tuple["datetime", "datetime | None"]]


def spans(session: Session, patients: Collection[UUID]) -> dict[UUID, Spans]:
    """Return when each of some people was not monitored, by any record of theirs."""
    session.flush()
    found: dict[UUID, Spans] = {}
    for person, since, until in run(session, _SPANS, sorted(set(patients))) if patients else ():
        found.setdefault(person, []).append((since, until))
    return found


# In one statement: it is asked for each reading that arrives.
_SPANS = """
select each, absence.since, absence.until
from unnest(%b::uuid[]) as asked (each)
left join patient_merge into_one on merged_id = each and undone_at is null,
lateral (select coalesce(survivor_id, each) as head) stands,
lateral (
    select since, until from patient_absence
    where why = 'discharged' and patient_id = any(array(
        select head union all
        select merged_id from patient_merge where survivor_id = head and undone_at is null
    ))
) absence
"""


def gone(session: Session, patients: Collection[UUID], *, at: datetime) -> dict[UUID, datetime]:
    """Return who of these is not monitored at an instant, and since when."""
    return {
        who: max(since for since, until in own if since <= at and (until is None or at < until))
        for who, own in spans(session, patients).items()
        if any(since <= at and (until is None or at < until) for since, until in own)
    }


def silenced(session: Session) -> list[UUID]:
    """Return whom a merge alone ended the monitoring of, each under the id they are seen by.

    One record had been discharged and the other had not when they were merged, which is refused
    now; nobody has discharged the whole person since.
    """
    session.flush()
    return [head for (head,) in run(session, _SILENCED)]


_SILENCED = """
with held as (
    select patient_id, at from discharge where back_at is null
),
merged as (
    select survivor_id, merged_id, at from patient_merge where undone_at is null
)
select distinct survivor_id from merged
where exists (
    select from held where patient_id = merged_id and held.at < merged.at
) <> exists (
    select from held where held.at < merged.at and (
        patient_id = survivor_id or patient_id in (
            select earlier.merged_id from merged earlier
            where earlier.survivor_id = merged.survivor_id and earlier.at < merged.at
        )
    )
) and not exists (
    select from held where held.at >= merged.at and (
        patient_id = survivor_id or patient_id in (
            select beside.merged_id from merged beside
            where beside.survivor_id = merged.survivor_id
        )
    )
)
order by survivor_id
"""


def departures(session: Session, patients: Collection[UUID]) -> list[Departure]:
    """Return the discharges of some records, the newest first."""
    query = select(Discharge).where(Discharge.patient_id.in_(patients))
    rows = session.scalars(query.order_by(Discharge.since.desc(), Discharge.id)).all()
    ids = {each for row in rows for each in (row.author_id, row.back_by) if each}
    names = clinicians(session, ids) if ids else {}
    return [
        Departure(
            row.id,
            row.patient_id,
            Why(row.why),
            row.since,
            unseal(session, Discharge.comment, row.comment, id=row.id),
            _day(unseal(session, Discharge.died_on, row.died_on, id=row.id)),
            row.author_id,
            names.get(row.author_id, ""),
            row.at,
            row.back_at,
            names.get(row.back_by, "") if row.back_by else "",
        )
        for row in rows
    ]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def add(
    session: Session, patient_id: UUID, asked: Asked, author_id: UUID, *, now: datetime
) -> UUID:
    """Store a discharge and the absence that it is."""
    id_ = uuid4()
    died = asked.died_on.isoformat() if asked.died_on else ""
    session.add(
        Discharge(
            id=id_,
            patient_id=patient_id,
            why=asked.why,
            since=asked.since,
            comment=seal(session, Discharge.comment, asked.comment.strip(), id=id_),
            died_on=seal(session, Discharge.died_on, died, id=id_),
            author_id=author_id,
            at=now,
        )
    )
    keep_stays(session, id_, patient_id, [Stay(Absence.DISCHARGED, asked.since)])
    session.flush()
    return id_


def standing(session: Session, patients: Collection[UUID]) -> list[Discharge]:
    """Return the discharges of some records that stand, which nobody else ends meanwhile."""
    query = select(Discharge).where(Discharge.patient_id.in_(patients), Discharge.back_at.is_(None))
    return list(session.scalars(query.order_by(Discharge.id).with_for_update()))


def end(session: Session, row: Discharge, who: UUID, *, now: datetime) -> None:
    """Take monitoring up again from now on; what lay between stays an absence."""
    row.back_at, row.back_by = now, who
    keep_stays(session, row.id, row.patient_id, [Stay(Absence.DISCHARGED, row.since, now)])
    session.flush()
