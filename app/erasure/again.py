"""Erase once more whoever came back with a copy from before their erasure (SEC-44)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from app.erasure import outside, service
from app.erasure.states import State
from app.erasure.tables import Erasure
from core import audit
from core.audit import Action
from core.sealing import keyring_of
from core.security import SYSTEM
from ingest.archive.repository import lock
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import MetaData
    from sqlalchemy.orm import Session

    from app.erasure.outside import Erased


def come_back(session: Session, erased: Iterable[Erased]) -> dict[UUID, bytes]:
    """Return the records that are here although they were erased, each with its digest.

    Where the database knows all these erasures there is nobody to look for.
    """
    gone = {digest for each in outside.unknown(session, erased) for digest in each.digests}
    if not gone:
        return {}
    ring = keyring_of(session)
    people = ((id_, service.digest_of(ring, id_)) for id_ in session.scalars(select(Patient.id)))
    return {id_: digest for id_, digest in people if digest in gone}


def erase_again(
    session: Session, metadata: MetaData, erased: Iterable[Erased], *, now: datetime
) -> int:
    """Take away who came back, and write down the erasures of then; return how many people.

    A hold of the old copy does not stop it: whoever was erased had none.
    """
    erased = list(erased)
    ids = sorted(come_back(session, erased))
    lock(session, (f"patient|{each}" for each in ids))
    if ids:
        service.erase(session, metadata, ids)
        audit.record(session, SYSTEM, Action.DELETE, "Patient", now=now, patients=ids)
    for each in outside.unknown(session, erased):
        write_down(session, each)
    session.flush()
    return len(ids)


def write_down(session: Session, erased: Erased) -> None:
    """Keep an erasure that was done before this copy of the database was restored."""
    row = session.get(Erasure, UUID(erased.id)) or Erasure(id=UUID(erased.id))
    row.of_id, row.digests, row.ground = None, erased.digests, erased.ground
    row.state = State.DONE
    row.asked_at = datetime.fromisoformat(erased.asked_at)
    row.ended_at = datetime.fromisoformat(erased.ended_at)
    session.add(row)
