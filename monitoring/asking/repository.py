"""Keeps and finds what people were asked to measure again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.vitals import Vital
from ingest.repository import one_person
from monitoring.asking.tables import RepeatRequest
from monitoring.findings import Ask

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


def ask(session: Session, patient_id: UUID, asks: Iterable[Ask], *, now: datetime) -> None:
    """Keep what is asked; what was asked before of the same value stays as it was asked."""
    ask_all(session, ((patient_id, now, each) for each in asks))


def ask_all(session: Session, asks: Iterable[tuple[UUID, datetime, Ask]]) -> None:
    """Do the same for many: of whom, and when."""
    rows = [
        {
            "id": uuid4(),
            "patient_id": patient_id,
            "vital": each.vital,
            "reading_id": each.reading_id,
            "rule_id": each.rule_id,
            "taken_at": each.taken,
            "asked_at": at,
            "until": each.until,
            "critical": each.critical,
            "tip": each.tip,
        }
        for patient_id, at, each in asks
    ]
    if rows:
        statement = insert(RepeatRequest).on_conflict_do_nothing(
            index_elements=["patient_id", "vital", "taken_at"]
        )
        session.execute(statement, rows)


def asked(session: Session, patient_id: UUID, *, since: datetime) -> list[Ask]:
    """Return what a person was asked since an instant, newest first."""
    query = select(RepeatRequest).where(
        RepeatRequest.patient_id.in_(one_person(session, patient_id)),
        RepeatRequest.asked_at >= since,
    )
    return [as_ask(row) for row in session.scalars(query.order_by(RepeatRequest.taken_at.desc()))]


def as_ask(row: RepeatRequest) -> Ask:
    """Return what a row says."""
    return Ask(
        Vital(row.vital),
        row.reading_id,
        row.rule_id,
        row.taken_at,
        row.until,
        row.critical,
        row.tip,
    )


def waiting(session: Session, patient_id: UUID, *, now: datetime) -> list[tuple[UUID, Ask]]:
    """Return what can still be measured in time, with the id of each request, oldest first."""
    query = select(RepeatRequest).where(
        RepeatRequest.patient_id.in_(one_person(session, patient_id)), RepeatRequest.until > now
    )
    rows = session.scalars(query.order_by(RepeatRequest.asked_at, RepeatRequest.id))
    return [(row.id, as_ask(row)) for row in rows]


def people_asked(session: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Return of which records some requests ask."""
    query = select(RepeatRequest.patient_id).where(RepeatRequest.id.in_(list(ids)))
    return set(session.scalars(query))


def of_ids(session: Session, ids: Iterable[UUID]) -> list[Ask]:
    """Return what some requests ask for, oldest first."""
    query = select(RepeatRequest).where(RepeatRequest.id.in_(list(ids)))
    return [as_ask(row) for row in session.scalars(query.order_by(RepeatRequest.taken_at))]
