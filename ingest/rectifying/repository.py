"""Reads the Patient behind a record, and stores what it says next; nothing that it said goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from core.errors import ConflictError, InvalidError
from core.sealed_fields import unseal
from fhir import enrolled as wire
from fhir.contact_points import SMS
from fhir.enrolled import Born
from fhir.outcome import Refusal
from fhir.strict import decode
from ingest.archive.repository import fetch
from ingest.backstop.service import guarded
from ingest.contacts.repository import contacts_of
from ingest.enrol.service import Place, replace
from ingest.numbering import said_by_sender, without_system
from ingest.numbers.repository import keep_only, numbers_of
from ingest.people.service import Desk
from ingest.posting import read as read_posted
from ingest.receipt import Answer, Kind, Name, Posted, Readable
from ingest.spelt import day_of
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.receipt import Sender

ENCODER = msgspec.json.Encoder(decimal_format="number")


def said_of(session: Session, kind: Kind, id_: UUID, version: int) -> dict[str, Any]:
    """Return what one version of a resource said; nothing where there is none."""
    found = fetch(session, kind, id_, version)
    resource = decode(found.body) if found is not None and found.body else {}
    return {} if isinstance(resource, Refusal) else resource


def current(session: Session, sender: Sender, id_: UUID, *, now: datetime) -> dict[str, Any]:
    """Return what the Patient of a record says; a record without one is given its first."""
    said, stored = looked_at(session, id_, now=now)
    if not stored:
        store_patient(session, sender, id_, said, names_of(session, id_), now=now)
    return said


def looked_at(session: Session, id_: UUID, *, now: datetime) -> tuple[dict[str, Any], bool]:
    """Return what the Patient of a record says or would say, and whether one was ever stored."""
    found = fetch(session, Kind.PATIENT, id_)
    if found is not None and found.body:
        return said_of(session, Kind.PATIENT, id_, found.version), True
    return _of_row(session, session.get_one(Patient, id_), now=now), False


def _of_row(session: Session, row: Patient, *, now: datetime) -> dict[str, Any]:
    """Return a Patient that says what is kept of somebody of whom none was ever sent."""
    name = unseal(session, Patient.name, row.name, id=row.id)
    day = day_of(unseal(session, Patient.birth_date, row.birth_date, id=row.id))
    numbers = ((on_the_wire(s), v) for s, v in numbers_of(session, row.id) if spoken(s))
    said = wire.patient(Born(name, day, row.sex), numbers, language=row.language, zone=row.zone)
    held = [e for e in contacts_of(session, row.id, now=now) if not e.carer]
    points = [{"system": "sms" if e.channel == SMS else "other", "value": e.address} for e in held]
    return said | ({"telecom": points} if points else {})


def spoken(system: str) -> bool:
    """Return whether a number came from outside, and is no mark of our own."""
    return said_by_sender(system) or without_system(system)


def on_the_wire(system: str) -> str:
    """Return a number's system as its sender wrote it, "" where they wrote none."""
    return "" if without_system(system) else system


def names_of(session: Session, id_: UUID) -> set[Name]:
    """Return everything that somebody goes by now."""
    return {Name(Kind.PATIENT, *pair) for pair in numbers_of(session, id_)}


def store_patient(  # noqa: PLR0913 (whose, what they say, what they go by, by whom and when)
    session: Session,
    sender: Sender,
    id_: UUID,
    resource: Mapping[str, Any],
    names: Iterable[Name],
    *,
    now: datetime,
) -> int:
    """Store the next version of a Patient and return its number.

    Raises
    ------
    ConflictError
        Where a number is another's.
    """
    wanted = tuple(names)
    keep_only(session, id_, wanted)
    return store(session, sender, (Kind.PATIENT, id_), resource, wanted, now=now)


def store(  # noqa: PLR0913 (which resource, what it says, what it is called, by whom and when)
    session: Session,
    sender: Sender,
    place: tuple[Kind, UUID],
    resource: Mapping[str, Any],
    names: Iterable[Name] = (),
    *,
    now: datetime,
) -> int:
    """Store the next version of a resource that is no reading, and return its number."""
    kind, id_ = place
    before = fetch(session, kind, id_)
    version = before.version + 1 if before is not None else 1
    raw = ENCODER.encode(resource)
    posted = Posted(0, kind, raw)
    read = guarded(posted.type, lambda: read_posted(posted, sender))
    if isinstance(read, Answer):
        raise InvalidError("this cannot be kept as it was typed", field="reason")
    readable = Readable(posted, tuple(names), read.issues, read.resource)
    desk = Desk(session, sender, {}, now)
    answer = replace(desk, readable, raw, Place(id_, version, lives=version > 1))
    if answer.refused:
        raise ConflictError("this number is another person's already", field="identifier")
    return version
