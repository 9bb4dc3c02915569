"""Finds people by record number and writes numbers down, readable to nobody else (SEC-27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from core.sealed_fields import seal, unseal
from core.sealing import keyring_of
from ingest.numbering import shared, without_system
from ingest.receipt import Kind, Name
from ingest.tables import PatientIdentifier, PractitionerIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.sealing import Keyring

_SEPARATOR = "\n"  # FHIR allows it in no identifier's system, which is a URI


def key_of(ring: Keyring, name: Name) -> bytes:
    """Return the digest by which exactly this number of this system is found."""
    return ring.blind(name.type, name.system, name.value)


def value_key_of(ring: Keyring, value: str) -> bytes:
    """Return the digest by which a number is found whichever system gave it."""
    return ring.blind("value", value)


def owners(session: Session, names: Iterable[Name]) -> dict[Name, UUID]:
    """Return the patients and clinicians who go by these numbers; a client's own are not here."""
    ring = keyring_of(session)
    wanted = {key_of(ring, name): name for name in names if shared(name)}
    found: dict[Name, UUID] = {}
    for kind, table, owner in (
        (Kind.PATIENT, PatientIdentifier, PatientIdentifier.patient_id),
        (Kind.PRACTITIONER, PractitionerIdentifier, PractitionerIdentifier.practitioner_id),
    ):
        keys = [key for key, name in wanted.items() if name.type == kind]
        if keys:
            rows = session.execute(select(table.key, owner).where(table.key.in_(keys)))
            found |= {wanted[row[0]]: row[1] for row in rows}
    return found


def add(session: Session, names: Mapping[Name, UUID]) -> None:
    """Write down who goes by these numbers; a patient's number that is taken is an error."""
    for name, owner in names.items():
        if name.type == Kind.PATIENT:
            session.add(PatientIdentifier(patient_id=owner, **_fields(session, name)))
        elif shared(name):
            row = insert(PractitionerIdentifier).values(
                practitioner_id=owner, **_fields(session, name)
            )
            session.execute(row.on_conflict_do_nothing())


def keep_only(session: Session, patient_id: UUID, names: Iterable[Name]) -> None:
    """Let a patient no longer go by numbers other than these."""
    ring = keyring_of(session)
    keys = [key_of(ring, name) for name in names]
    mine = PatientIdentifier.patient_id == patient_id
    session.execute(delete(PatientIdentifier).where(mine, PatientIdentifier.key.not_in(keys)))


def _fields(session: Session, name: Name) -> dict[str, bytes]:
    ring = keyring_of(session)
    key = key_of(ring, name)
    field = PatientIdentifier.sealed if name.type == Kind.PATIENT else PractitionerIdentifier.sealed
    sealed = seal(session, field, f"{name.system}{_SEPARATOR}{name.value}", key=key)
    return {"key": key, "value_key": value_key_of(ring, name.value), "sealed": sealed}


def called(session: Session, system: str | None, value: str) -> set[UUID]:
    """Return the patients with a number: of this system, of none (""), or of any (None)."""
    ring = keyring_of(session)
    query = select(PatientIdentifier.patient_id)
    if system:
        key = key_of(ring, Name(Kind.PATIENT, system, value))
        return set(session.scalars(query.where(PatientIdentifier.key == key)))
    same = PatientIdentifier.value_key == value_key_of(ring, value)
    if system is None:
        return set(session.scalars(query.where(same)))
    rows = session.scalars(select(PatientIdentifier).where(same))
    return {row.patient_id for row in rows if without_system(_number(session, row)[0])}


def clinicians_called(session: Session, values: Iterable[str]) -> set[UUID]:
    """Return the clinicians with one of these numbers of a published register."""
    keys = [value_key_of(keyring_of(session), value) for value in values]
    query = select(PractitionerIdentifier.practitioner_id)
    return set(session.scalars(query.where(PractitionerIdentifier.value_key.in_(keys))))


def numbers_of(session: Session, patient_id: UUID) -> list[tuple[str, str]]:
    """Return a patient's numbers as (system, value)."""
    query = select(PatientIdentifier).where(PatientIdentifier.patient_id == patient_id)
    return sorted(_number(session, row) for row in session.scalars(query))


def _number(session: Session, row: PatientIdentifier) -> tuple[str, str]:
    text = unseal(session, PatientIdentifier.sealed, row.sealed, key=row.key)
    system, _, value = text.partition(_SEPARATOR)
    return system, value
