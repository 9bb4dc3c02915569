"""The use cases of a pause: declare one for a person, end it before its time (AL-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, NotFoundError
from core.outbox import Topic, offer
from ingest.access.repository import may_see
from ingest.archive.repository import lock
from ingest.merging.repository import one_person, survivor
from ingest.pauses import Asked, check
from ingest.pausing import repository

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

ENTITY = "pause"


def declare(
    session: Session, caller: Caller, patient_id: UUID, asked: Asked, *, now: datetime
) -> UUID:
    """Pause a person's monitoring: judged all the same, nobody is told; return the pause's id.

    Raises
    ------
    NotFoundError, ForbiddenError
        For whom the team filter hides the person, or who is no clinician.
    InvalidError
        For what `pauses.check` refuses.
    ConflictError
        Where another pause that was declared overlaps it: one of the two would end unseen.
    """
    who = _clinician(session, caller, patient_id)
    check(asked, now=now)
    # Two at once would each see no other; a merge of the person waits for us, or we for it.
    lock(session, [f"patient|{survivor(session, patient_id)}"])
    head = survivor(session, patient_id)
    known = repository.pauses_of(session, one_person(session, head), after=asked.since)
    if any(p.ended_at is None and p.since < asked.until for p in known):
        raise ConflictError("another pause is declared for these days", field="since")
    id_ = repository.add(session, head, asked, who, now=now)
    _written(session, caller, Action.CREATE, id_, head, now=now)
    return id_


def end(
    session: Session, caller: Caller, patient_id: UUID, pause_id: UUID, *, now: datetime
) -> None:
    """End a pause now, or take back one that has not begun.

    What was held is told by `alerts.service.release`, which whoever calls this calls too.
    Raises as `declare`; `ConflictError` where it is over.
    """
    who = _clinician(session, caller, patient_id)
    row = repository.locked(session, pause_id)
    if row is None or row.patient_id not in one_person(session, patient_id):
        raise NotFoundError("no such pause")
    if row.ended_at is not None or row.until <= now:
        raise ConflictError("this pause is over already", field="pause")
    repository.end(session, row, who, now=now)
    _written(session, caller, Action.UPDATE, pause_id, row.patient_id, now=now)


def _clinician(session: Session, caller: Caller, patient_id: UUID) -> UUID:
    if not may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    who = caller.practitioner_id or caller.id
    if caller.kind != "user" or caller.role is None or who is None:
        raise ForbiddenError("a pause is declared by a clinician who answers for it")
    return who


def _written(  # noqa: PLR0913 (who did what to which pause of whom, and when)
    session: Session, caller: Caller, action: Action, id_: UUID, patient_id: UUID, *, now: datetime
) -> None:
    record(session, caller, action, ENTITY, now=now, entity_id=id_, patients=[patient_id])
    offer(session, Topic.ASSESS, patient_id, now=now)
