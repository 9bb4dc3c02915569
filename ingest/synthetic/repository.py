"""Keeps the synthetic person, and the client that may speak for her and for nobody else.

There is another every ten minutes, so that what is judged of her stays small, and one client for
all of them. It has no key: nobody can be given a token for it at the door.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import Select, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from core.ordered_ids import first_id
from ingest.binding.repository import grant
from ingest.people.tables import ClientPatient
from ingest.tables import Client, Parcel, Patient, Resource, StoredReading

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

NAME = "wardlight-watcher"
CLIENT = uuid5(NAMESPACE_URL, NAME)
AT_ONCE = 50
AROUND = timedelta(hours=1)  # she measures for ten minutes, from when she was made
SCOPE = "system/Observation.c"


def synthetic_people(*, before: datetime | None = None) -> Select[UUID]:
    """Return the ids of all synthetic people, or of those made before an instant."""
    query = select(Patient.id).where(Patient.synthetic)
    return query if before is None else query.where(Patient.created_at < before)


def left_over(session: Session, *, before: datetime) -> Sequence[UUID]:
    """Return some of the synthetic people made before an instant, the oldest first."""
    query = synthetic_people(before=before).order_by(Patient.created_at, Patient.id)
    return session.scalars(query.limit(AT_ONCE)).all()


def forget(session: Session, people: Collection[UUID]) -> None:
    """Delete some synthetic people with all that came through the door of them.

    Nothing of theirs lies in a parcel with anybody else's: their client speaks for nobody else.
    When they were made bounds what is looked through: readings and bytes lie by their time.
    """
    if not people:
        return
    made = select(func.min(Patient.created_at), func.max(Patient.created_at))
    first, last = session.execute(made.where(Patient.id.in_(people))).one()
    since, until = first - AROUND, last + AROUND
    session.execute(
        delete(StoredReading).where(
            StoredReading.patient_id.in_(people), StoredReading.effective.between(since, until)
        )
    )
    theirs = (
        Resource.patient_id.in_(people),
        Resource.client_id == CLIENT,
        Resource.id.between(first_id(since), first_id(until)),
    )
    parcels = session.scalars(delete(Resource).where(*theirs).returning(Resource.parcel_id)).all()
    session.execute(delete(Parcel).where(Parcel.id.in_(parcels)))
    session.execute(delete(ClientPatient).where(ClientPatient.patient_id.in_(people)))
    session.execute(delete(Patient).where(Patient.id.in_(people), Patient.synthetic))


def is_synthetic(session: Session, patient_id: UUID) -> bool:
    """Return whether a person is invented and may reach nobody."""
    return bool(session.scalar(select(Patient.synthetic).where(Patient.id == patient_id)))


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
