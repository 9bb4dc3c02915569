"""Keeps the synthetic person, and the client that may speak for her and for nobody else.

There is another every ten minutes, so that what is judged of her stays small, and one client for
all of them. It has no key: nobody can be given a token for it at the door.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert

from ingest.binding.repository import grant
from ingest.tables import Client, Patient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

NAME = "wardlight-watcher"
CLIENT = uuid5(NAMESPACE_URL, NAME)
SCOPE = "system/Observation.c"


def synthetic_people(*, before: datetime | None = None) -> Select[UUID]:
    """Return the ids of all synthetic people, or of those made before an instant."""
    query = select(Patient.id).where(Patient.synthetic)
    return query if before is None else query.where(Patient.created_at < before)


def is_synthetic(session: Session, patient_id: UUID) -> bool:
    """Return whether a person is invented and may reach nobody."""
    return bool(session.scalar(select(Patient.synthetic).where(Patient.id == patient_id)))


def real_among(session: Session, patients: Iterable[UUID]) -> set[UUID]:
    """Return those of some people who are no invention of ours."""
    query = select(Patient.id).where(Patient.id.in_(set(patients)), ~Patient.synthetic)
    return set(session.scalars(query))


def person_of(session: Session, *, now: datetime) -> UUID:
    """Return the synthetic person of these ten minutes, made where she is not there yet."""
    person = uuid5(CLIENT, f"{now:%Y-%m-%dT%H}:{now.minute // 10}")
    if is_synthetic(session, person):
        return person
    client = insert(Client).values(
        id=CLIENT, name=NAME, jwks={"keys": []}, scopes=[SCOPE], bound=True, created_at=now
    )
    session.execute(client.on_conflict_do_nothing())
    patient = insert(Patient).values(
        id=person, name=b"", birth_date=b"", override_reason=b"", synthetic=True, created_at=now
    )
    session.execute(patient.on_conflict_do_nothing())
    grant(session, CLIENT, person, now=now)
    return person
