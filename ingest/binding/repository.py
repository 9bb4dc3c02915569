"""The rows that say for whom a client speaks, and whose a device is and was."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from ingest.device_periods import Use
from ingest.merging.repository import everybody
from ingest.people.tables import ClientPatient, DeviceUse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session


def grant(session: Session, client_id: UUID, patient_id: UUID, *, now: datetime) -> None:
    """Let a bound client speak for a patient."""
    row = upsert(ClientPatient).values(client_id=client_id, patient_id=patient_id, since=now)
    session.execute(row.on_conflict_do_nothing())


def revoke(session: Session, client_id: UUID, patient_id: UUID) -> bool:
    """Take that back; return whether there was something to take."""
    gone = session.scalar(
        delete(ClientPatient)
        .where(ClientPatient.client_id == client_id, ClientPatient.patient_id == patient_id)
        .returning(ClientPatient.patient_id)
    )
    return gone is not None


def spoken_for(session: Session, client_id: UUID, patients: Iterable[UUID]) -> set[UUID]:
    """Return those of the patients for whom a bound client may speak, under any of their ids."""
    people = everybody(session, patients)
    asked = {id_ for person in people.values() for id_ in person}
    query = select(ClientPatient.patient_id).where(
        ClientPatient.client_id == client_id, ClientPatient.patient_id.in_(asked)
    )
    granted = set(session.scalars(query))
    return {patient for patient, person in people.items() if person & granted}


def uses(session: Session, devices: Iterable[UUID]) -> dict[UUID, list[Use]]:
    """Return whose each device was."""
    found: dict[UUID, list[Use]] = defaultdict(list)
    query = select(DeviceUse).where(DeviceUse.device_id.in_(set(devices)))
    for row in session.scalars(query):
        found[row.device_id].append(Use(row.patient_id, row.since, row.until))
    return found


def hand_over(session: Session, device_id: UUID, patient_id: UUID | None, *, now: datetime) -> None:
    """Note whose a device is from now on; its first person's it was as long as it is known."""
    mine = DeviceUse.device_id == device_id
    rows = session.execute(select(DeviceUse.patient_id, DeviceUse.until).where(mine)).all()
    current = next((row.patient_id for row in rows if row.until is None), None)
    if current == patient_id:
        return
    session.execute(update(DeviceUse).where(mine, DeviceUse.until.is_(None)).values(until=now))
    if patient_id is not None:
        since = now if rows else None
        row = insert(DeviceUse).values(
            id=uuid4(), device_id=device_id, patient_id=patient_id, since=since
        )
        session.execute(row)
