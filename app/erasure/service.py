"""Erase a person (SEC-44): asked for, looked at a second time, and then done in one transaction.

Nothing of the person stays in any table (`belonging`). Whoever works on them meanwhile waits for
the locks and then finds nobody; what a device sends afterwards is of somebody unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select, update

from app.erasure import repository
from app.erasure.beside import nothing_stored
from app.erasure.holds import held, need_officer, not_held, records
from app.erasure.states import Ground, State, wait_of
from app.erasure.tables import Erasure
from app.weekly import service as weekly
from core import audit, outbox
from core.audit import Action
from core.errors import ConflictError, InvalidError, NotFoundError
from core.outbox import Topic
from core.sealing import keyring_of
from core.security import SYSTEM
from ingest.archive.repository import lock
from ingest.repository import one_person

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import MetaData
    from sqlalchemy.orm import Session

    from core.sealing import Keyring
    from core.security import Caller

ENTITY = "erasure"
WAITING = (State.ASKED, State.CONFIRMED)


def digest_of(ring: Keyring, patient_id: UUID) -> bytes:
    """Return what is kept of an id for ever: a digest whose key stands in no backup."""
    return ring.blind("erased", str(patient_id))


def ask(session: Session, caller: Caller, patient_id: UUID, ground: str, *, now: datetime) -> UUID:
    """Ask that a person be erased, with every record that was merged; return the erasure's id.

    Raises
    ------
    NotFoundError
        Where nobody has this id.
    InvalidError
        For a ground that is none of Art. 17(1).
    ConflictError
        Where it was asked for already, or a legal hold forbids it.
    """
    need_officer(caller)
    if ground not in set(Ground):
        raise InvalidError(
            "the ground must be one of {grounds}",
            field="reason",
            facts={"grounds": ", ".join(Ground)},
        )
    ids = records(session, patient_id)
    not_held(session, ids, now=now)
    lock(session, (f"erasure|{each}" for each in ids))  # who asks at the same moment is told so
    waits = select(Erasure.id).where(Erasure.of_id.in_(ids), Erasure.state.in_(WAITING))
    if session.scalar(waits) is not None:
        raise ConflictError("This was asked for already.")
    row = Erasure(
        id=uuid4(),
        of_id=patient_id,
        digests=_digests(session, ids),
        state=State.ASKED,
        ground=ground,
        asked_by=caller.id,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    _note(session, caller, Action.CREATE, row.id, ids, now=now)
    return row.id


def confirm(session: Session, caller: Caller, erasure_id: UUID, *, now: datetime) -> None:
    """Take the second look: from now on it is carried out, as soon as a worker comes to it.

    Raises
    ------
    NotFoundError
        For an unknown id.
    ConflictError
        Where it does not wait for this (any more), a hold forbids it, or it is too early for
        this caller.
    """
    need_officer(caller)
    row = _waiting(session, erasure_id)
    if row.state != State.ASKED or row.of_id is None:
        raise ConflictError("This was confirmed already.")
    wait = wait_of(row.asked_by, row.asked_at, caller.id, now)
    if wait:
        raise ConflictError(
            "Somebody else has to confirm this, or you in {hours} hours.",
            facts={"hours": -int(-wait.total_seconds() // 3600)},
        )
    ids = records(session, row.of_id)
    not_held(session, ids, now=now)
    if not _same(session, row, ids):
        raise ConflictError(
            "Records were merged or taken apart since this was asked for: withdraw it, and ask"
            " anew."
        )
    row.state, row.confirmed_by, row.confirmed_at = State.CONFIRMED, caller.id, now
    outbox.offer(session, Topic.ERASE, row.id, now=now)
    _note(session, caller, Action.UPDATE, row.id, ids, now=now)


def withdraw(session: Session, caller: Caller, erasure_id: UUID, *, now: datetime) -> None:
    """Take an erasure back before it is carried out."""
    need_officer(caller)
    row = _waiting(session, erasure_id)
    ids = [row.of_id] if row.of_id else []
    row.ended_by = caller.id
    _call_off(row, now=now)
    _note(session, caller, Action.DELETE, row.id, ids, now=now)


def carry_out(session: Session, metadata: MetaData, erasure_id: UUID, *, now: datetime) -> None:
    """Erase whom a confirmed erasure is of; nothing where it was withdrawn, or is done.

    A hold that was set since the confirmation stops it, and so does a merge or its end: it must
    be asked for again.
    """
    row = session.get(Erasure, erasure_id, with_for_update=True)
    if row is None or row.state != State.CONFIRMED or row.of_id is None:
        return
    nothing_stored(session)
    ids = one_person(session, row.of_id)
    lock(session, (f"patient|{each}" for each in ids))
    repository.lock_all(session, metadata, ids)
    if held(session, ids, now=now) or not _same(session, row, ids):
        _call_off(row, now=now)
        _note(session, SYSTEM, Action.DELETE, row.id, ids, now=now)
        return
    row.digests = _digests(session, ids)
    row.rows = erase(session, metadata, ids)
    row.state, row.ended_at, row.of_id = State.DONE, now, None
    _note(session, SYSTEM, Action.DELETE, row.id, ids, now=now, entity="Patient")


def erase(session: Session, metadata: MetaData, ids: Collection[UUID]) -> int:
    """Take everything of some records away; return how many rows went."""
    for each in ids:
        weekly.forget(session, each)
    repository.drop_answers(session, metadata, ids)
    repository.drop_exports(session, ids)
    repository.drop_searches(session, ids)
    repository.overwrite_bytes(session, ids)
    repository.leave_markers(session, ids)
    repository.unname_teams(session, ids)
    repository.let_go_of_devices(session, ids)
    session.flush()
    session.execute(
        update(Erasure)
        .where(Erasure.of_id.in_(ids), Erasure.state == State.ASKED)
        .values(of_id=None, digests=[], state=State.WITHDRAWN)
    )
    gone = repository.erase_rows(session, metadata, ids)
    session.expire_all()
    return gone


def state_of(session: Session, erasure_id: UUID) -> State:
    """Return how far an erasure is; raise `NotFoundError` for an unknown one."""
    row = session.get(Erasure, erasure_id)
    if row is None:
        raise NotFoundError("no such erasure")
    return State(row.state)


def erasures(session: Session, *, most: int = 200) -> Sequence[Erasure]:
    """Return the erasures that wait, then those that are over, the newest first of each."""
    query = select(Erasure).order_by(Erasure.state.in_(WAITING).desc(), Erasure.asked_at.desc())
    return session.scalars(query.limit(most)).all()


def _digests(session: Session, ids: Collection[UUID]) -> list[bytes]:
    return sorted(digest_of(keyring_of(session), each) for each in ids)


def _same(session: Session, row: Erasure, ids: Collection[UUID]) -> bool:
    """Return whether a person is the records that they were when this was asked for.

    What was asked for before that was written down knows of none.
    """
    return not row.digests or sorted(row.digests) == _digests(session, ids)


def _call_off(row: Erasure, *, now: datetime) -> None:
    row.state, row.ended_at, row.of_id, row.digests = State.WITHDRAWN, now, None, []


def _waiting(session: Session, erasure_id: UUID) -> Erasure:
    row = session.get(Erasure, erasure_id, with_for_update=True)
    if row is None:
        raise NotFoundError("no such erasure")
    if row.state not in WAITING:
        raise ConflictError("This erasure is over.")
    return row


def _note(  # noqa: PLR0913 (what an audit row says)
    session: Session,
    caller: Caller,
    action: Action,
    id_: UUID,
    ids: Collection[UUID],
    *,
    now: datetime,
    entity: str = ENTITY,
) -> None:
    audit.record(session, caller, action, entity, now=now, entity_id=id_, patients=sorted(ids))
