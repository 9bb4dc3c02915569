"""Ends the monitoring of a person from a time, with a reason, and takes it up again.

No alert is closed by it: whatever is open is decided by a person first (SEC-46).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.lifecycle import State
from alerts.tables import Alert
from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, NotFoundError
from core.outbox import Topic, offer
from core.security import CLINICAL
from fhir import enrolled as wire
from ingest.archive.repository import lock
from ingest.departures import Asked, Why, check
from ingest.leaving import repository
from ingest.merging.repository import one_person, survivor
from ingest.rectifying.repository import current, names_of, store_patient
from ingest.rectifying.service import Change, What, write
from ingest.repository import may_see
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.receipt import Sender

ENTITY = "discharge"
ENDED = tuple(state for state in State if state.ended)


def undecided(session: Session, records: Collection[UUID]) -> list[UUID]:
    """Return the alerts of a person that nobody has decided yet."""
    query = select(Alert.id).where(Alert.patient_id.in_(records), Alert.state.not_in(ENDED))
    return list(session.scalars(query.order_by(Alert.opened_at, Alert.id)))


def discharge(
    session: Session, sender: Sender, patient_id: UUID, asked: Asked, *, now: datetime
) -> UUID:
    """End the monitoring of a person; return the discharge's id.

    Raises
    ------
    NotFoundError, ForbiddenError
        For whom the team filter hides the person, or who is no clinician.
    InvalidError
        For what `departures.check` refuses.
    ConflictError
        Where an alert of theirs is open, or where they are discharged already.
    """
    who = _clinician(session, sender.caller, patient_id)
    # What is judged or sent at this moment waits for us, or we for it.
    lock(session, [f"patient|{survivor(session, patient_id)}"])
    head = survivor(session, patient_id)
    records = one_person(session, head)
    known = session.scalars(select(Patient.created_at).where(Patient.id.in_(records)))
    check(asked, known_since=min(known), now=now)
    if repository.standing(session, records):
        raise ConflictError("monitoring of this person has ended already", field="since")
    if undecided(session, records):
        raise ConflictError("alerts of this person are open: decide them first", field="alerts")
    id_ = repository.add(session, head, asked, who, now=now)
    if asked.why is Why.DIED:
        _died(session, sender, head, asked.died_on, reason=asked.comment, now=now)
    _written(session, sender.caller, Action.CREATE, id_, head, now=now)
    return id_


def readmit(session: Session, sender: Sender, patient_id: UUID, *, now: datetime) -> None:
    """Take monitoring up again from now on; raises as `discharge` does.

    Raises
    ------
    ConflictError
        Where the person is monitored.
    """
    who = _clinician(session, sender.caller, patient_id)
    lock(session, [f"patient|{survivor(session, patient_id)}"])
    head = survivor(session, patient_id)
    rows = repository.standing(session, one_person(session, head))
    if not rows:
        raise ConflictError("this person is monitored", field="since")
    for row in rows:
        repository.end(session, row, who, now=now)
        if row.why == Why.DIED:
            reason = "enrolled again"
            _died(session, sender, row.patient_id, None, reason=reason, now=now)
        _written(session, sender.caller, Action.UPDATE, row.id, row.patient_id, now=now)


def _died(  # noqa: PLR0913 (who died when, why it is written, by whom and when)
    session: Session,
    sender: Sender,
    patient_id: UUID,
    day: date | None,
    *,
    reason: str,
    now: datetime,
) -> None:
    """Write the day of death into the Patient, or take it out again: nobody is told any more."""
    said = wire.deceased(current(session, sender, patient_id, now=now), day)
    names = names_of(session, patient_id)
    version = store_patient(session, sender, patient_id, said, names, now=now)
    write(session, sender.caller, Change(patient_id, What.DIED, reason), version, now=now)


def _clinician(session: Session, caller: Caller, patient_id: UUID) -> UUID:
    if not may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    who = caller.practitioner_id or caller.id
    if caller.kind != "user" or caller.role not in CLINICAL or who is None:
        raise ForbiddenError("monitoring is ended by a clinician who answers for it")
    return who


def _written(  # noqa: PLR0913 (who did what to which discharge of whom, and when)
    session: Session, caller: Caller, action: Action, id_: UUID, patient_id: UUID, *, now: datetime
) -> None:
    record(session, caller, action, ENTITY, now=now, entity_id=id_, patients=[patient_id])
    offer(session, Topic.ASSESS, patient_id, now=now)
