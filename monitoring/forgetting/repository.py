"""Deletes what was judged of people who are no people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from monitoring.asking.tables import RepeatRequest
from monitoring.tables import AssessmentRow, BaselineFreeze, LastJudged

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


def forget(session: Session, people: Select[UUID]) -> None:
    """Delete every judgement of these people, when it was, what it froze and what it asked for."""
    for table in (RepeatRequest, BaselineFreeze, AssessmentRow, LastJudged):
        session.execute(delete(table).where(table.patient_id.in_(people)))
