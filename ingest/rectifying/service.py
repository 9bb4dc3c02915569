"""Corrects a name, a birth date, a sex or a record number (GDPR Art. 16), with a reason.

What was said stays as an earlier version of the Patient; who changed it, when and why is a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core import audit
from core.errors import InvalidError, NotFoundError
from core.outbox import Topic, offer
from fhir import enrolled as wire
from fhir.people import read_patient
from ingest.archive.repository import lock
from ingest.merging.repository import survivor
from ingest.numbers.repository import numbers_of
from ingest.receipt import Kind, Name
from ingest.rectifying.repository import current, names_of, on_the_wire, store_patient
from ingest.register.repository import note, person_name
from ingest.register.service import check_may_keep
from ingest.register.tables import Correction
from ingest.spelt import system_fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.receipt import Sender

MOST_REASON = 500


class What(StrEnum):
    """What was changed by hand."""

    NAME = "name"
    BIRTH_DATE = "birth-date"
    SEX = "sex"
    NUMBER_ADDED = "number-added"
    NUMBER_ENDED = "number-ended"
    NUMBER_MOVED_AWAY = "number-moved-away"
    NUMBER_MOVED_HERE = "number-moved-here"
    LANGUAGE = "language"
    ZONE = "zone"
    CONTACTS = "contacts"
    CONDITION_ADDED = "condition-added"
    CONDITION_ENDED = "condition-ended"
    CONDITION_NEVER = "condition-never"
    LIVES_ALONE = "lives-alone"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a record: whose, what, and why."""

    patient_id: UUID
    what: What
    reason: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is, as a form has it."""

    name: str
    birth_date: date | None
    sex: str


def correct(  # noqa: PLR0913 (whose record, what is right, why, by whom and when)
    session: Session,
    sender: Sender,
    patient_id: UUID,
    to: Identity,
    *,
    reason: str,
    now: datetime,
) -> list[What]:
    """Correct who somebody is; return what was changed, each of which has a row of its own.

    Raises
    ------
    NotFoundError
        For a record that is not the caller's to keep.
    InvalidError
        Without a reason, or where nothing would change.
    """
    check_may_keep(session, sender.caller, patient_id)
    check_reason(reason)
    lock(session, [f"patient|{patient_id}"])
    said = current(session, sender, patient_id, now=now)
    is_ = read_patient(said)
    changes: list[tuple[What, dict[str, Any]]] = []
    if to.name != is_.name:
        changes.append((What.NAME, said := wire.with_name(said, to.name)))
    if to.birth_date != is_.birth_date:
        changes.append((What.BIRTH_DATE, said := wire.with_birth_date(said, to.birth_date)))
    if to.sex != is_.sex:
        changes.append((What.SEX, said := wire.with_sex(said, to.sex)))
    if not changes:
        raise InvalidError("this is what the record says already", field="name")
    names = names_of(session, patient_id)
    for what, resource in changes:
        version = store_patient(session, sender, patient_id, resource, names, now=now)
        write(session, sender.caller, Change(patient_id, what, reason), version, now=now)
    return [what for what, _ in changes]


def check_reason(reason: str) -> None:
    """Raise `InvalidError` without a reason, or with one that is too long."""
    if not reason.strip():
        raise InvalidError("say why: it stays with the change", field="reason")
    if len(reason) > MOST_REASON:
        raise InvalidError("the reason is too long", field="reason")


def write(  # noqa: PLR0913 (who changed what to which version of which resource, and when)
    session: Session,
    caller: Caller,
    change: Change,
    version: int,
    *,
    now: datetime,
    at: tuple[Kind, UUID] | None = None,
) -> None:
    """Write down one change and have the person judged anew; `at` is the resource, else Patient."""
    kind, id_ = at or (Kind.PATIENT, change.patient_id)
    row = Correction(
        patient_id=change.patient_id,
        what=change.what,
        kind=kind,
        resource_id=id_,
        version=version,
        author_id=caller.practitioner_id or caller.id,
        at=now,
    )
    note(session, row, change.reason)
    audit.record(
        session,
        caller,
        audit.Action.UPDATE,
        kind,
        now=now,
        entity_id=id_,
        patients=[change.patient_id],
    )
    offer(session, Topic.ASSESS, survivor(session, change.patient_id), now=now)


def add_number(  # noqa: PLR0913 (whose record, which number, why, by whom and when)
    session: Session,
    sender: Sender,
    patient_id: UUID,
    number: tuple[str, str],
    *,
    reason: str,
    now: datetime,
) -> None:
    """Let somebody go by one more number of a system.

    Raises
    ------
    NotFoundError
        For a record that is not the caller's to keep.
    InvalidError
        Without a reason, a number or a system that is a URI.
    ConflictError
        Where the number is another's: it is moved there, or the records are merged.
    """
    check_may_keep(session, sender.caller, patient_id)
    check_reason(reason)
    _check_number(number)
    _lock(session, [number], [patient_id])
    if number in numbers_of(session, patient_id):
        raise InvalidError("they go by this number already", field="identifier")
    _give(session, sender, Change(patient_id, What.NUMBER_ADDED, reason), number, now=now)


def end_number(  # noqa: PLR0913 (as above)
    session: Session,
    sender: Sender,
    patient_id: UUID,
    number: tuple[str, str],
    *,
    reason: str,
    now: datetime,
) -> None:
    """Let somebody go by a number no longer: what is sent for it leads to nobody.

    Raises
    ------
    NotFoundError
        For a record that is not the caller's to keep, or a number that is not theirs.
    InvalidError
        Without a reason.
    """
    check_may_keep(session, sender.caller, patient_id)
    check_reason(reason)
    _lock(session, [number], [patient_id])
    _take(session, sender, Change(patient_id, What.NUMBER_ENDED, reason), number, now=now)


def move_number(  # noqa: PLR0913 (as above)
    session: Session,
    sender: Sender,
    people: tuple[UUID, UUID],
    number: tuple[str, str],
    *,
    reason: str,
    now: datetime,
) -> None:
    """Let another record go by a number; `people` are who has it and who gets it.

    What came by it before stays where it was sent. Raises as `end_number` does.
    """
    giver, getter = people
    for each in people:
        check_may_keep(session, sender.caller, each)
    check_reason(reason)
    if giver == getter:
        raise InvalidError("a number is moved to another record", field="to")
    _lock(session, [number], people)
    _take(session, sender, Change(giver, What.NUMBER_MOVED_AWAY, reason), number, now=now)
    _give(session, sender, Change(getter, What.NUMBER_MOVED_HERE, reason), number, now=now)


def _lock(session: Session, numbers: Iterable[tuple[str, str]], people: Iterable[UUID]) -> None:
    lock(session, (f"{Kind.PATIENT}|{'|'.join(each)}" for each in numbers))
    lock(session, (f"patient|{each}" for each in people))


def _check_number(number: tuple[str, str]) -> None:
    system, value = number
    if not value:
        raise InvalidError("a record number is missing", field="identifier")
    if (fault := system_fault(system)) is not None:
        raise InvalidError(fault[0], field="identifier_system")


def _give(
    session: Session, sender: Sender, change: Change, number: tuple[str, str], *, now: datetime
) -> None:
    said = current(session, sender, change.patient_id, now=now)
    names = names_of(session, change.patient_id) | {person_name(*number)}
    resource = wire.with_number(said, on_the_wire(number[0]), number[1])
    version = store_patient(session, sender, change.patient_id, resource, names, now=now)
    write(session, sender.caller, change, version, now=now)


def _take(
    session: Session, sender: Sender, change: Change, number: tuple[str, str], *, now: datetime
) -> None:
    name = Name(Kind.PATIENT, *number)
    names = names_of(session, change.patient_id)
    if name not in names:
        raise NotFoundError("they do not go by this number")
    said = current(session, sender, change.patient_id, now=now)
    resource = wire.without_number(said, on_the_wire(number[0]), number[1], at=now)
    rest = names - {name}
    version = store_patient(session, sender, change.patient_id, resource, rest, now=now)
    write(session, sender.caller, change, version, now=now)
