"""Work that was begun for somebody who was erased meanwhile: there is nothing left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.patients.tables import PatientMessage
from alerts.tables import Alert, Delivery
from core import outbox
from core.outbox import Topic
from ingest.tables import Patient
from monitoring.tables import AssessmentRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

OF = {
    Topic.ASSESS: Patient,
    Topic.ROLL: Patient,
    Topic.INFORM: Patient,
    Topic.RAISE: AssessmentRow,
    Topic.DELIVER: Delivery,
    Topic.TELL: PatientMessage,
    Topic.ANNOUNCE: Alert,
}


def close_of_nobody(session: Session, row_id: UUID, *, now: datetime) -> bool:
    """Close a row that failed because its subject is gone; return whether that was so."""
    row = outbox.begin(session, row_id)
    table = OF.get(Topic(row.topic)) if row is not None and row.topic in set(Topic) else None
    if row is None or table is None:
        return False
    if session.scalar(select(table.id).where(table.id == row.subject_id)) is not None:
        return False
    outbox.finish(row, now=now)
    return True
