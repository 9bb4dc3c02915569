"""Reads and writes pauses together with the absences that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from core.sealed_fields import seal, unseal
from ingest.context.repository import keep_stays
from ingest.enrolment import Stay
from ingest.pauses import Kind, Pause
from ingest.pausing.tables import DeclaredPause
from ingest.teams.repository import clinicians

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.pauses import Asked


def pauses_of(
    session: Session, patients: Collection[UUID], *, after: datetime | None = None
) -> list[Pause]:
    """Return the pauses of some records, the earliest first; those that lasted past an instant."""
    query = select(DeclaredPause).where(DeclaredPause.patient_id.in_(patients))
    if after is not None:
        query = query.where(DeclaredPause.until > after)
    rows = session.scalars(query.order_by(DeclaredPause.since, DeclaredPause.id)).all()
    ids = {each for row in rows for each in (row.author_id, row.ended_by_id) if each}
    names = clinicians(session, ids) if ids else {}
    return [
        Pause(
            row.id,
            row.patient_id,
            Kind(row.kind),
            row.since,
            row.until,
            unseal(session, DeclaredPause.comment, row.comment, id=row.id),
            row.author_id,
            row.at,
            names.get(row.author_id, ""),
            row.ended_by_id,
            names.get(row.ended_by_id, "") if row.ended_by_id else "",
            row.ended_at,
        )
        for row in rows
    ]


def add(
    session: Session, patient_id: UUID, asked: Asked, author_id: UUID, *, now: datetime
) -> UUID:
    """Store a pause and the absence that it is."""
    id_ = uuid4()
    session.add(
        DeclaredPause(
            id=id_,
            patient_id=patient_id,
            kind=asked.kind,
            since=asked.since,
            until=asked.until,
            comment=seal(session, DeclaredPause.comment, asked.comment.strip(), id=id_),
            author_id=author_id,
            at=now,
        )
    )
    keep_stays(session, id_, patient_id, [Stay(asked.kind.absence, asked.since, asked.until)])
    session.flush()
    return id_


def locked(session: Session, id_: UUID) -> DeclaredPause | None:
    """Return the row of a pause, which nobody else changes meanwhile."""
    return session.get(DeclaredPause, id_, with_for_update=True, populate_existing=True)


def end(session: Session, row: DeclaredPause, who: UUID, *, now: datetime) -> None:
    """End a pause now; what never began was never an absence."""
    row.ended_by_id, row.ended_at = who, now
    begun = [Stay(Kind(row.kind).absence, row.since, now)] if row.since < now else []
    keep_stays(session, row.id, row.patient_id, begun)
    session.flush()
