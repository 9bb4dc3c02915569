"""Deletes what was judged of people who are no people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, select

from core.outbox import Outbox, State, stands
from ingest.tables import Patient
from monitoring.asking.tables import RepeatRequest
from monitoring.tables import AssessmentRow, BaselineFreeze, LastJudged

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


def without_work(session: Session, people: Select[UUID]) -> Sequence[UUID]:
    """Return those of some people of whom nothing is left to be done, by them or by a judgement.

    After an outage their readings are judged late: work about who is not there any more could
    never be done, and would be given up before everybody's eyes.
    """
    left = select(Outbox.subject_id).where(stands(State.OPEN, State.LEASED, State.PARKED))
    judged = AssessmentRow.id.in_(left) & (AssessmentRow.patient_id == Patient.id)
    idle = Patient.id.not_in(left) & ~exists().where(judged)
    query = select(Patient.id).where(Patient.id.in_(people), idle)
    return session.scalars(query.order_by(Patient.created_at, Patient.id)).all()


def forget(session: Session, people: Collection[UUID]) -> None:
    """Delete every judgement of these people, when it was, what it froze and what it asked for."""
    for table in (RepeatRequest, BaselineFreeze, AssessmentRow, LastJudged):
        session.execute(delete(table).where(table.patient_id.in_(people)))
