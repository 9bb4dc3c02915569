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

    from sqlalchemy.orm import QueryableAttribute, Session

OF: dict[Topic, QueryableAttribute[UUID]] = {
    Topic.ASSESS: Patient.id,
    Topic.ROLL: Patient.id,
    Topic.INFORM: Patient.id,
    Topic.RAISE: AssessmentRow.id,
    Topic.DELIVER: Delivery.id,
    Topic.TELL: PatientMessage.id,
    Topic.ANNOUNCE: Alert.id,
}


def close_of_nobody(session: Session, row_id: UUID, *, now: datetime) -> bool:
    """Close a row that failed because its subject is gone; return whether that was so."""
    row = outbox.begin(session, row_id)
    key = OF.get(Topic(row.topic)) if row is not None and row.topic in set(Topic) else None
    if row is None or key is None:
        return False
    if session.scalar(select(key).where(key == row.subject_id)) is not None:
        return False
    outbox.finish(row, now=now)
    return True
