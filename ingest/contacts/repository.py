"""Keeps and finds the numbers of patients and carers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from core.sealed_fields import seal, unseal
from core.sealing import keyring_of
from ingest.consent import Noted, holder, standing
from ingest.contacts.tables import PatientNumber
from ingest.merging.repository import one_person, survivor
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fhir.contact_points import ParsedContact


@dataclass(frozen=True, slots=True)
class Contact:
    """One number as it stands now, and whether its holder may be told."""

    id: UUID
    carer: bool
    holder: str  # the same for all numbers of one person
    channel: str
    address: str
    name: str
    relationship: str
    agreed: bool | None  # of this number, or by a no to another of its holder's
    refused: bool
    agreed_by: UUID | None = None
    agreed_at: datetime | None = None

    @property
    def may_be_told(self) -> bool:
        """Return whether consent stands: a carer's is asked for, a patient's is withdrawn."""
        return self.agreed is True or (self.agreed is None and not self.carer)


def keep_contacts(
    session: Session, patient_id: UUID, read: Sequence[ParsedContact], *, now: datetime
) -> None:
    """Store the numbers that one more version of a Patient names, in place of those before."""
    ring = keyring_of(session)
    rows = session.scalars(
        select(PatientNumber).where(PatientNumber.patient_id == patient_id)
    ).all()
    known = {row.key: row for row in rows}
    named: set[bytes] = set()
    for place, each in enumerate(read):
        key = ring.blind(str(patient_id), each.channel, each.address, str(each.carer))
        if key in named:
            continue
        named.add(key)
        _store(session, known.get(key) or _new(patient_id, key, now), each, place)
    for key, row in known.items():
        row.gone_at = None if key in named else row.gone_at or now
    session.flush()


def _new(patient_id: UUID, key: bytes, now: datetime) -> PatientNumber:
    return PatientNumber(id=uuid4(), patient_id=patient_id, key=key, heard_at=now)


def _store(session: Session, row: PatientNumber, read: ParsedContact, place: int) -> None:
    if row.agreed and _another(session, row, read):
        row.agreed = row.agreed_by = row.agreed_at = None
    row.carer, row.channel, row.place, row.until = read.carer, read.channel, place, read.until
    row.address = seal(session, PatientNumber.address, read.address, id=row.id)
    row.name = seal(session, PatientNumber.name, read.name, id=row.id)
    row.relationship = seal(session, PatientNumber.relationship, read.relationship, id=row.id)
    row.refused_at = None  # whoever sends it anew says that it is right
    session.add(row)


def _another(session: Session, row: PatientNumber, read: ParsedContact) -> bool:
    """Return whether a carer's number is by its new name another person's: a yes was not theirs."""
    now = holder(carer=row.carer, name=read.name, number_id=row.id)
    return _holder(session, row) != now


def _holder(session: Session, row: PatientNumber) -> str:
    name = unseal(session, PatientNumber.name, row.name, id=row.id)
    return holder(carer=row.carer, name=name, number_id=row.id)


def held_together(
    session: Session, contact_id: UUID
) -> tuple[PatientNumber | None, list[PatientNumber]]:
    """Return a number and the others of its holder in its record, those used no more too; locked.

    In one order, so that nobody waits in a circle, and so that messages to them can be written
    meanwhile: whoever writes one may hold its alert.
    """
    row = session.get(PatientNumber, contact_id)
    if row is None:
        return None, []
    query = select(PatientNumber).where(PatientNumber.patient_id == row.patient_id)
    query = query.order_by(PatientNumber.id).with_for_update(key_share=True)
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    whose = _holder(session, row)
    return row, [each for each in rows if each.id != row.id and _holder(session, each) == whose]


def holders_of(session: Session, patient_id: UUID) -> dict[UUID, str]:
    """Return whose each number of a person is or was, those that are used no more too."""
    return {row.id: _holder(session, row) for row in _rows(session, patient_id)}


def _rows(session: Session, patient_id: UUID) -> Sequence[PatientNumber]:
    query = select(PatientNumber).where(
        PatientNumber.patient_id.in_(one_person(session, patient_id))
    )
    order = (PatientNumber.carer, PatientNumber.place, PatientNumber.id)
    return session.scalars(query.order_by(*order)).all()


def contacts_of(session: Session, patient_id: UUID, *, now: datetime) -> list[Contact]:
    """Return the numbers of a person as of now, those of all their records, in their order.

    What was noted of a number that is used no more still stands for its holder.
    """
    rows = _rows(session, patient_id)
    names = {row.id: unseal(session, PatientNumber.name, row.name, id=row.id) for row in rows}
    holders = {
        row.id: holder(carer=row.carer, name=names[row.id], number_id=row.id) for row in rows
    }
    noted: dict[str, list[Noted]] = {}
    for row in rows:
        noted.setdefault(holders[row.id], []).append(_noted(row))
    used = [r for r in rows if r.gone_at is None and (r.until is None or r.until > now)]
    return [
        _read(session, row, names[row.id], holders[row.id], noted[holders[row.id]]) for row in used
    ]


def contact(
    session: Session, contact_id: UUID, patient_id: UUID, *, now: datetime
) -> Contact | None:
    """Return one number of a person, None where it is known no longer, or is not theirs.

    Of records that were merged and are two people again, each has its own numbers (SEC-28).
    """
    held = contacts_of(session, patient_id, now=now)
    return next((each for each in held if each.id == contact_id), None)


def _noted(row: PatientNumber) -> Noted:
    return Noted(row.agreed, row.agreed_by, row.agreed_at)


def _read(
    session: Session, row: PatientNumber, name: str, whose: str, noted: Iterable[Noted]
) -> Contact:
    stands = standing(_noted(row), noted)
    return Contact(
        id=row.id,
        carer=row.carer,
        holder=whose,
        channel=row.channel,
        address=unseal(session, PatientNumber.address, row.address, id=row.id),
        name=name,
        relationship=unseal(session, PatientNumber.relationship, row.relationship, id=row.id),
        agreed=stands.agreed,
        refused=row.refused_at is not None,
        agreed_by=stands.by,
        agreed_at=stands.at,
    )


def channel_of(session: Session, contact_id: UUID) -> str | None:
    """Return whether a number is sent to as sms or as chat."""
    return session.scalar(select(PatientNumber.channel).where(PatientNumber.id == contact_id))


def refuse(session: Session, contact_id: UUID, *, now: datetime) -> None:
    """Note that a provider knows no such number: nothing more is sent to it."""
    row = session.get(PatientNumber, contact_id)
    if row is not None:
        row.refused_at = row.refused_at or now


@dataclass(frozen=True, slots=True)
class Addressee:
    """The person behind a record as they are spoken to."""

    id: UUID
    zone: str
    language: str  # as Patient.communication has it
    deceased: bool


def addressee(session: Session, patient_id: UUID) -> Addressee | None:
    """Return the person whom a record is of: of merged records the survivor.

    None for who is not known, and for the synthetic person, who reads nothing.
    """
    row = session.get(Patient, survivor(session, patient_id))
    if row is None or row.synthetic:
        return None
    return Addressee(row.id, row.zone, row.language, row.deceased)


def reachable(session: Session) -> dict[UUID, str]:
    """Return who lives and has a number, with the zone that they live in."""
    has_one = select(PatientNumber.id).where(
        PatientNumber.patient_id == Patient.id, PatientNumber.gone_at.is_(None)
    )
    alive = Patient.deceased.is_(False) & Patient.synthetic.is_(False)
    query = select(Patient.id, Patient.zone).where(alive, has_one.exists()).order_by(Patient.id)
    return {row[0]: row[1] for row in session.execute(query)}
