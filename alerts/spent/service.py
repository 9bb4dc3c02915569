"""Write minutes down, and correct them by a later entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy.dialects.postgresql import insert

from alerts.minutes import Work, checked
from alerts.spent import repository
from alerts.spent.tables import TimeSpent
from core.audit import Action, record
from core.errors import ConflictError, NotFoundError
from ingest.repository import may_see

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller


@dataclass(frozen=True, slots=True)
class Spent:
    """How many minutes went into what, and whether both spoke to each other at the time."""

    minutes: int
    work: str = Work.REVIEW
    live: bool = False
    alert_id: UUID | None = None


def spend(
    session: Session, caller: Caller, patient_id: UUID, spent: Spent, *, now: datetime
) -> UUID:
    """Write an entry down and return its id; a page's clock only ever suggests the number.

    Raises `NotFoundError` behind the team filter, `InvalidError` for an impossible entry.
    """
    minutes, work, live = checked(spent.minutes, spent.work, live=spent.live)
    if not may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    row = TimeSpent(
        id=uuid4(),
        patient_id=patient_id,
        alert_id=spent.alert_id,
        actor_id=caller.practitioner_id or caller.id,
        at=now,
        noted_at=now,
        minutes=minutes,
        work=work,
        live=live,
    )
    session.add(row)
    session.flush()
    _audit(session, caller, Action.CREATE, row, now)
    return row.id


def correct(
    session: Session, caller: Caller, entry_id: UUID, minutes: int, *, now: datetime
) -> UUID:
    """Put another number in an entry's place, 0 to take it back; return the patient's id.

    Raises `NotFoundError` behind the team filter, `ConflictError` where it was corrected already.
    """
    row = session.get(TimeSpent, entry_id)
    if row is None or not may_see(session, caller, row.patient_id):
        raise NotFoundError("no such entry")
    checked(minutes, row.work, live=row.live, least=0)
    _replace(session, caller, row, minutes, now)
    return row.patient_id


def withdraw(
    session: Session, caller: Caller, alert_id: UUID, *, at: datetime, now: datetime
) -> None:
    """Take back the minutes that the caller wrote down with an act, as they stand by now."""
    who = caller.practitioner_id or caller.id
    for row in repository.noted_with(session, alert_id, by=who, at=at):
        _replace(session, caller, row, 0, now)


def _replace(session: Session, caller: Caller, row: TimeSpent, minutes: int, now: datetime) -> None:
    values = {
        "id": uuid4(),
        "patient_id": row.patient_id,
        "alert_id": row.alert_id,
        "actor_id": row.actor_id,
        "at": row.at,
        "noted_at": now,
        "minutes": minutes,
        "work": row.work,
        "live": row.live,
        "corrects_id": row.id,
        "corrected_by_id": caller.practitioner_id or caller.id,
    }
    statement = insert(TimeSpent).values(**values).on_conflict_do_nothing()
    if session.scalar(statement.returning(TimeSpent.id)) is None:
        raise ConflictError("somebody has corrected this entry already")
    _audit(session, caller, Action.UPDATE, row, now)


def _audit(session: Session, caller: Caller, action: Action, row: TimeSpent, now: datetime) -> None:
    record(session, caller, action, "minutes", now=now, entity_id=row.id, patients=[row.patient_id])
