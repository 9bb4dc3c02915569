"""Each person's key of the backups, from the first backup that they are in until their erasure."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from app.backup.sealing import KEY_BYTES
from app.erasure.service import digest_of
from app.erasure.states import State
from app.erasure.tables import Erasure, PersonKey
from core.sealing import keyring_of
from ingest.tables import Patient

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def keys_of_all(session: Session, *, now: datetime) -> dict[UUID, bytes]:
    """Return everybody's key; who has none yet gets one."""
    ring = keyring_of(session)
    has = select(PersonKey.patient_id)
    for id_ in session.scalars(select(Patient.id).where(Patient.id.not_in(has))).all():
        sealed = ring.seal(secrets.token_bytes(KEY_BYTES), place=_place(id_))
        session.add(PersonKey(patient_id=id_, sealed=sealed, made_at=now))
    session.flush()
    return known_keys(session)


def known_keys(session: Session) -> dict[UUID, bytes]:
    """Return the keys that there are."""
    ring = keyring_of(session)
    rows = session.execute(select(PersonKey.patient_id, PersonKey.sealed))
    return {row[0]: ring.open(row[1], place=_place(row[0])) for row in rows}


def keep_keys(session: Session, keys: dict[UUID, bytes], *, now: datetime) -> None:
    """Write down the keys that came out of a key file, for the next backup."""
    ring = keyring_of(session)
    session.add_all(
        PersonKey(patient_id=id_, sealed=ring.seal(key, place=_place(id_)), made_at=now)
        for id_, key in keys.items()
    )


def tag_of(session: Session, patient_id: UUID) -> bytes:
    """Return how a person is called in a backup."""
    return digest_of(keyring_of(session), patient_id)


def note_struck(session: Session, *, now: datetime) -> int:
    """Note of each erasure that the key file holds nothing of it any more; return of how many."""
    done = update(Erasure).where(Erasure.state == State.DONE, Erasure.struck_at.is_(None))
    return getattr(session.execute(done.values(struck_at=now)), "rowcount", 0)


def _place(patient_id: UUID) -> str:
    return f"person_key/{patient_id}"
