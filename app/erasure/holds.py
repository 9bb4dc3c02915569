"""Legal holds: why somebody may not be erased for now, by whom, until when (Art. 17(3))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import or_, select

from app.erasure.states import binds
from app.erasure.tables import LegalHold
from core import audit
from core.audit import Action
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.sealed_fields import seal, unseal
from core.security import Role
from ingest.archive.repository import lock
from ingest.repository import one_person
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller

ENTITY = "legal-hold"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold that binds now."""

    id: UUID
    patient_id: UUID
    reason: str
    until: datetime | None
    set_by: UUID | None
    set_at: datetime


def hold(  # noqa: PLR0913 (who, whom, why, until when, when)
    session: Session,
    caller: Caller,
    patient_id: UUID,
    reason: str,
    until: datetime | None,
    *,
    now: datetime,
) -> UUID:
    """Forbid that a person be erased, until an instant or until it is released.

    Raises
    ------
    NotFoundError
        Where nobody has this id.
    InvalidError
        Without a reason, or for an end that is past.
    """
    need_officer(caller)
    said = reason.strip()
    if not said or len(said) > LONGEST:
        raise InvalidError(
            "say why, in at most {most} characters", field="reason", facts={"most": LONGEST}
        )
    if until is not None and until <= now:
        raise InvalidError("a hold must end in the future", field="until")
    ids, id_ = records(session, patient_id), uuid4()
    lock(session, (f"patient|{each}" for each in ids))
    session.add(
        LegalHold(
            id=id_,
            patient_id=patient_id,
            reason=seal(session, LegalHold.reason, said, id=id_),
            until=until,
            set_by=caller.id,
            set_at=now,
        )
    )
    session.flush()
    _note(session, caller, Action.CREATE, id_, ids, now=now)
    return id_


def release(session: Session, caller: Caller, hold_id: UUID, *, now: datetime) -> None:
    """End a legal hold; raise `NotFoundError` for one that does not bind."""
    need_officer(caller)
    row = session.get(LegalHold, hold_id, with_for_update=True)
    if row is None or not binds(row.until, row.released_at, now):
        raise NotFoundError("no such hold")
    row.released_by, row.released_at = caller.id, now
    _note(session, caller, Action.UPDATE, row.id, [row.patient_id], now=now)


def held(session: Session, ids: Collection[UUID] | None = None, *, now: datetime) -> list[Hold]:
    """Return the holds that bind now, of some records or of all, the oldest first."""
    query = select(LegalHold).where(
        LegalHold.released_at.is_(None), or_(LegalHold.until.is_(None), LegalHold.until > now)
    )
    if ids is not None:
        query = query.where(LegalHold.patient_id.in_(ids))
    return [
        Hold(
            row.id,
            row.patient_id,
            unseal(session, LegalHold.reason, row.reason, id=row.id),
            row.until,
            row.set_by,
            row.set_at,
        )
        for row in session.scalars(query.order_by(LegalHold.set_at))
    ]


def need_officer(caller: Caller) -> None:
    """Raise `ForbiddenError` for anybody but the privacy officer and the operator."""
    if caller.kind != "system" and caller.role is not Role.PRIVACY_OFFICER:
        raise ForbiddenError("Only the privacy officer erases people.")


def records(session: Session, patient_id: UUID) -> frozenset[UUID]:
    """Return every record of a person; raise `NotFoundError` where nobody has this id."""
    if session.scalar(select(Patient.id).where(Patient.id == patient_id)) is None:
        raise NotFoundError("no such patient")
    return one_person(session, patient_id)


def not_held(session: Session, ids: Collection[UUID], *, now: datetime) -> None:
    """Raise `ConflictError` where a hold of one of these records binds."""
    if held(session, ids, now=now):
        raise ConflictError("A legal hold forbids to erase this person.")


def _note(  # noqa: PLR0913 (what an audit row says)
    session: Session,
    caller: Caller,
    action: Action,
    id_: UUID,
    ids: Collection[UUID],
    *,
    now: datetime,
) -> None:
    audit.record(session, caller, action, ENTITY, now=now, entity_id=id_, patients=sorted(ids))
