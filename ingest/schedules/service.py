"""Sets what somebody is asked to measure, and has them judged by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import audit, outbox
from core.audit import Action
from core.errors import NotFoundError
from core.outbox import Priority, Topic
from ingest.repository import survivor
from ingest.schedules import repository
from ingest.tables import Patient

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from core.vitals import Vital
    from ingest.asked import Asked

ENTITY = "asked_measurement"


def ask(session: Session, caller: Caller, patient_id: UUID, asked: Asked, *, now: datetime) -> None:
    """Ask a patient for a vital from now on; raise `NotFoundError`."""
    repository.keep(session, _known(session, patient_id), asked)
    _changed(session, caller, patient_id, now=now)


def ask_no_more(
    session: Session, caller: Caller, patient_id: UUID, vital: Vital, *, now: datetime
) -> bool:
    """Take back what a patient was asked for a vital; return whether they were asked."""
    asked = repository.forget(session, _known(session, patient_id), vital)
    if asked:
        _changed(session, caller, patient_id, now=now)
    return asked


def _known(session: Session, patient_id: UUID) -> UUID:
    if session.get(Patient, patient_id) is None:
        raise NotFoundError("no such patient")
    return survivor(session, patient_id)


def _changed(session: Session, caller: Caller, patient_id: UUID, *, now: datetime) -> None:
    audit.record(
        session, caller, Action.UPDATE, ENTITY, entity_id=patient_id, patients=[patient_id], now=now
    )
    outbox.offer(session, Topic.ASSESS, patient_id, now=now, priority=Priority.NORMAL)
