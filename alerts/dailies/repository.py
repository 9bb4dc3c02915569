"""The rows of who is asked each day, and of who was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from alerts.patients.tables import DailyQuestion, PatientMessage

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def known_keys(
    session: Session, patients: Collection[UUID], keys: Collection[str]
) -> set[tuple[UUID, str]]:
    """Return which of the patients was told, or decidedly not told, of which of the keys."""
    query = select(PatientMessage.patient_id, PatientMessage.key).where(
        PatientMessage.patient_id.in_(patients), PatientMessage.key.in_(keys)
    )
    return {(row[0], row[1]) for row in session.execute(query)}


def daily_questions(session: Session) -> dict[UUID, str]:
    """Return at which local hour each patient is asked who has an hour of their own."""
    return {row.patient_id: row.at for row in session.scalars(select(DailyQuestion))}


def set_daily(
    session: Session, patient_id: UUID, at: str, *, by: UUID | None, now: datetime
) -> None:
    """Keep at which hour a patient is asked; "" for never."""
    values = {"at": at, "set_at": now, "set_by": by}
    row = insert(DailyQuestion).values(patient_id=patient_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["patient_id"], set_=values))


def daily_question(session: Session, patient_id: UUID) -> str | None:
    """Return the hour that was set for one patient, None where the programme's counts."""
    row = session.get(DailyQuestion, patient_id)
    return None if row is None else row.at
