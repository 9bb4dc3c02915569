"""Says that two records are one person, and takes it back: no row moves either way (SEC-28)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from core import audit
from core.errors import ConflictError, InvalidError, NotFoundError
from core.outbox import Topic, offer
from core.sealed_fields import seal
from ingest.archive.repository import lock
from ingest.leaving.repository import standing
from ingest.merging.repository import STANDING, one_person
from ingest.people.tables import PatientMerge
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller

ENTITY = "patient_merge"


def merge(  # noqa: PLR0913 (who, whom, into whom, why and when)
    session: Session,
    caller: Caller,
    survivor: UUID,
    other: UUID,
    *,
    reason: str,
    now: datetime,
) -> UUID:
    """Let `survivor` stand for both records from now on; return the id of the merge.

    Readings, problem lists, teams and alerts stay where they are and are seen as one
    person's; the survivor is judged anew.

    Raises
    ------
    InvalidError
        Without a reason, or for one record twice.
    NotFoundError
        Where a record does not exist.
    ConflictError
        Where a record was merged already, or others were merged into `other`; where one of the
        two is discharged, which would end the monitoring of the other without a word.
    """
    if survivor == other or not reason.strip():
        raise InvalidError("a merge needs two records and a reason", field="reason")
    lock(session, (f"patient|{each}" for each in (survivor, other)))
    found = select(Patient.id).where(Patient.id.in_([survivor, other]))
    if len(session.scalars(found).all()) < len([survivor, other]):
        raise NotFoundError("no such patient")
    _free(session, survivor, other)
    _alike_monitored(session, survivor, other)
    id_ = uuid4()
    session.add(
        PatientMerge(
            id=id_,
            survivor_id=survivor,
            merged_id=other,
            at=now,
            by=caller.id,
            reason=seal(session, PatientMerge.reason, reason.strip(), id=id_),
        )
    )
    session.flush()
    offer(session, Topic.ASSESS, survivor, now=now)
    _note(session, caller, id_, (survivor, other), now=now)
    return id_


def _free(session: Session, survivor: UUID, other: UUID) -> None:
    query = select(PatientMerge.merged_id, PatientMerge.survivor_id).where(STANDING)
    rows = session.execute(query).all()
    if {survivor, other} & {row.merged_id for row in rows}:
        raise ConflictError("one of these records was merged already: unmerge it first")
    if other in {row.survivor_id for row in rows}:
        raise ConflictError(
            "others were merged into this record: let it be the survivor, or unmerge them first"
        )


def _alike_monitored(session: Session, survivor: UUID, other: UUID) -> None:
    gone = [bool(standing(session, one_person(session, each))) for each in (survivor, other)]
    if len(set(gone)) > 1:
        raise ConflictError(
            "one of these records was discharged: take its monitoring up again first, then merge"
        )


def unmerge(session: Session, caller: Caller, other: UUID, *, now: datetime) -> UUID:
    """Let a merged record stand for itself again; return whom it stood with.

    What arrived meanwhile stays with the record that it was sent for; both are judged anew.

    Raises
    ------
    NotFoundError
        Where this record is not merged into another.
    ConflictError
        Where the person was discharged while the records were one: of which of the two that is
        nobody can know, and whoever is monitored no longer says nothing.
    """
    row = session.scalar(select(PatientMerge).where(STANDING, PatientMerge.merged_id == other))
    if row is None:
        raise NotFoundError("this patient is not merged into another")
    lock(session, (f"patient|{each}" for each in (row.survivor_id, other)))
    held = standing(session, one_person(session, other))
    if any(each.at >= row.at for each in held):
        raise ConflictError(
            "monitoring of this person was ended while the records were one: take it up again"
            " first, then take them apart"
        )
    row.undone_at, row.undone_by = now, caller.id
    session.flush()
    for each in sorted((row.survivor_id, other)):
        offer(session, Topic.ASSESS, each, now=now)
    _note(session, caller, row.id, (row.survivor_id, other), now=now, undone=True)
    return row.survivor_id


def _note(  # noqa: PLR0913 (what an audit row says)
    session: Session,
    caller: Caller,
    id_: UUID,
    patients: Iterable[UUID],
    *,
    now: datetime,
    undone: bool = False,
) -> None:
    action = audit.Action.DELETE if undone else audit.Action.CREATE
    audit.record(session, caller, action, ENTITY, now=now, entity_id=id_, patients=patients)
