"""Reads and writes the versions of people's plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.sealed_fields import seal, unseal
from ingest.teams.repository import clinicians
from monitoring.plans.tables import PlanVersion
from monitoring.plans.versions import Change, Own, Version, own

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session


def own_of(session: Session, records: Mapping[UUID, Collection[UUID]]) -> dict[UUID, Own]:
    """Return what clinicians set for each of some people; who has nothing is absent.

    `records` are the ids of each person, those of merged records among them. One query, and
    no reason is opened: a judgement needs none.
    """
    heads = {each: head for head, ids in records.items() for each in ids}
    row = PlanVersion
    query = (
        select(row)
        .where(row.patient_id.in_(heads))
        .ext(distinct_on(row.patient_id, row.subject, row.from_usual))
        .order_by(row.patient_id, row.subject, row.from_usual, row.number.desc())
    )
    found: dict[UUID, list[Version]] = {}
    for each in session.scalars(query):
        found.setdefault(heads[each.patient_id], []).append(_read(each))
    return {head: own(versions) for head, versions in found.items()}


def versions_of(session: Session, patients: Collection[UUID]) -> list[Version]:
    """Return every version of the plan of one person, the newest first, with names and reasons."""
    query = select(PlanVersion).where(PlanVersion.patient_id.in_(patients))
    rows = session.scalars(query.order_by(PlanVersion.at.desc(), PlanVersion.number.desc())).all()
    names = clinicians(session, {row.practitioner_id for row in rows}) if rows else {}
    return [
        _read(
            row,
            names.get(row.practitioner_id, ""),
            unseal(session, PlanVersion.reason, row.reason, id=row.id),
        )
        for row in rows
    ]


def add(session: Session, patient_id: UUID, version: Version) -> int:
    """Store a version as the patient's next one and return its number.

    Whoever calls this holds the lock of the person, so that two never get one number.
    """
    highest = select(func.max(PlanVersion.number)).where(PlanVersion.patient_id == patient_id)
    number = (session.scalar(highest) or 0) + 1
    session.add(
        PlanVersion(
            id=version.id,
            patient_id=patient_id,
            number=number,
            subject=version.subject,
            from_usual=version.from_usual,
            change=version.change,
            content=dict(version.content),
            reason=seal(session, PlanVersion.reason, version.reason, id=version.id),
            practitioner_id=version.practitioner_id,
            at=version.at,
            review_by=version.review_by,
        )
    )
    session.flush()
    return number


def _read(row: PlanVersion, clinician: str = "", reason: str = "") -> Version:
    return Version(
        row.id,
        row.number,
        row.subject,
        row.from_usual,
        Change(row.change),
        row.content,
        row.at,
        row.review_by,
        row.practitioner_id,
        clinician,
        reason,
    )
