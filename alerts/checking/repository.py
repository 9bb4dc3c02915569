"""Reads and writes the answers to checklists."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from alerts.checking.tables import ChecklistAnswer
from alerts.checklist import Answer, Given
from core.sealed_fields import seal, unseal

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session


def standing(session: Session, alerts: Collection[UUID]) -> dict[UUID, dict[str, Given]]:
    """Return the newest answer to each item of each alert."""
    row = ChecklistAnswer
    query = (
        select(row)
        .where(row.alert_id.in_(alerts))
        .ext(distinct_on(row.alert_id, row.item))
        .order_by(row.alert_id, row.item, row.number.desc())
    )
    found: dict[UUID, dict[str, Given]] = {alert: {} for alert in alerts}
    for each in session.scalars(query):
        found[each.alert_id][each.item] = _given(session, each)
    return found


def numbered(session: Session, alert_id: UUID, numbers: Collection[int]) -> dict[int, Given]:
    """Return the answers of an alert that have these numbers, whether they stand or not."""
    row = ChecklistAnswer
    query = select(row).where(row.alert_id == alert_id, row.number.in_(numbers))
    return {each.number: _given(session, each) for each in session.scalars(query)}


def _given(session: Session, row: ChecklistAnswer) -> Given:
    words = unseal(session, ChecklistAnswer.words, row.words, id=row.id)
    answer = Answer(row.answer)
    return Given(row.item, answer, words, row.about, row.actor_id, row.at, row.number)


def add(session: Session, alert_id: UUID, given: Given, *, by: UUID | None, now: datetime) -> None:
    """Store an answer."""
    identity = uuid4()
    session.add(
        ChecklistAnswer(
            id=identity,
            alert_id=alert_id,
            item=given.item,
            answer=given.answer,
            about=given.about,
            words=seal(session, ChecklistAnswer.words, given.words, id=identity),
            actor_id=by,
            at=now,
        )
    )
    session.flush()
