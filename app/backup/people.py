"""Each person's key of the backups, from the first backup that they are in until their erasure."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert

from app.backup.sealing import KEY_BYTES
from app.erasure.service import digest_of
from app.erasure.states import State
from app.erasure.tables import Erasure, PersonKey
from core.sealing import keyring_of
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def make_keys(session: Session, held: Mapping[str, bytes], *, now: datetime) -> None:
    """Give a key to everybody without one: theirs of the key file, by its tag, else a fresh one.

    The key file outlives the database: one that came back from before the first backup knows
    nobody's key. Where another backup gives somebody one meanwhile, that is theirs.
    """
    ring = keyring_of(session)
    has = select(PersonKey.patient_id)
    query = select(Patient.id).where(Patient.id.not_in(has)).order_by(Patient.id)
    query = query.with_for_update(read=True, key_share=True)  # nobody is erased meanwhile
    made = [
        {"patient_id": id_, "sealed": ring.seal(key, place=_place(id_)), "made_at": now}
        for id_ in session.scalars(query).all()
        for key in [held.get(tag_of(session, id_).hex()) or secrets.token_bytes(KEY_BYTES)]
    ]
    if made:
        session.execute(insert(PersonKey).on_conflict_do_nothing(), made)


def everybody_has_one(session: Session) -> bool:
    """Return whether nobody is without a key."""
    has = select(PersonKey.patient_id)
    return not session.scalar(select(exists().where(Patient.id.not_in(has))))


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
