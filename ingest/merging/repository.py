"""Which records are one person now: the survivor of a merge, and all that go with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import CompoundSelect, Select, func, select, union

from core.among import among
from core.rows import run
from ingest.people.tables import PatientMerge

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

STANDING = PatientMerge.undone_at.is_(None)


def merged_ids() -> Select[UUID]:
    """Return the ids that stand for nobody of their own now."""
    return select(PatientMerge.merged_id).where(STANDING)


def with_all_ids(patients: Select[UUID] | CompoundSelect[UUID]) -> CompoundSelect[UUID]:
    """Return some patients with every other id of the same people."""
    into = select(PatientMerge.survivor_id).where(STANDING, PatientMerge.merged_id.in_(patients))
    heads = union(patients, into).subquery()
    beneath = select(PatientMerge.merged_id).where(
        STANDING, PatientMerge.survivor_id.in_(select(heads.c[0]))
    )
    return union(select(heads.c[0]), beneath)


def joined_at(session: Session, survivor_id: UUID) -> datetime | None:
    """Return when a record was last merged into this one, or None."""
    query = select(func.max(PatientMerge.at)).where(
        STANDING, PatientMerge.survivor_id == survivor_id
    )
    return session.scalar(query)


def survivors(session: Session, patients: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return into whom each patient was merged; those who stand for themselves are absent."""
    query = select(PatientMerge.merged_id, PatientMerge.survivor_id).where(
        STANDING, among(PatientMerge.merged_id, set(patients))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def survivor(session: Session, patient_id: UUID) -> UUID:
    """Return under which id a person is looked after."""
    return survivors(session, [patient_id]).get(patient_id, patient_id)


def one_person(session: Session, patient_id: UUID) -> frozenset[UUID]:
    """Return every id of one person, the survivor's among them."""
    return everybody(session, [patient_id])[patient_id]


def everybody(session: Session, patients: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return every id of each person."""
    session.flush()
    rows = run(session, _EVERYBODY, sorted(set(patients)))
    return {each: frozenset((head, *others)) for each, head, others in rows}


_EVERYBODY = """
select each, head, array(
    select merged_id from patient_merge where survivor_id = head and undone_at is null
)
from unnest(%b::uuid[]) as asked (each)
left join patient_merge into_one on merged_id = each and undone_at is null,
lateral (select coalesce(survivor_id, each) as head) stands
"""
