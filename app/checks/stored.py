"""I1: what was acknowledged is stored once, read anew from the very bytes that came.

Of Observations of the last minutes, a few: their bytes must still open, and each value in them
must be a row, of this Observation or of the same person, vital and time (a repeat, REL-07).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from sqlalchemy import func, select

from core.sealing import UnsealedError
from fhir.observation import parse
from fhir.outcome import Refusal
from fhir.policy import Mode, Policy, Tolerance
from ingest.archive.repository import bodies
from ingest.tables import Client, Resource, StoredReading

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

RECENT = timedelta(minutes=10)
SAMPLE = 25
NEAR = timedelta(days=1)
FIRST = 1
TAKEN = ("final", "preliminary")


def sample(session: Session, *, now: datetime) -> Sequence[UUID]:
    """Return some Observations that were acknowledged lately."""
    row = Resource
    query = select(row.id).where(
        row.type == "Observation", row.received_at > now - RECENT, row.version == FIRST
    )
    return session.scalars(query.order_by(func.random()).limit(SAMPLE)).all()


def broken(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Return those of the Observations that are not what was acknowledged."""
    query = select(Resource).where(
        Resource.type == "Observation",
        Resource.id.in_(ids),
        Resource.version == FIRST,
        Resource.status.in_(TAKEN),
    )
    rows = session.scalars(query).all()
    return {row.id for row in rows if not _whole(session, row)}


def _whole(session: Session, row: Resource) -> bool:
    try:
        [body] = bodies(session, [row])
    except (KeyError, UnsealedError, InvalidTag):
        return False  # the parcel is gone, or is not what was sealed
    parsed = parse(body, _policy(session, row.client_id))
    if isinstance(parsed, Refusal):
        return True  # taken under what was agreed then; the agreement has changed
    said = {each.vital for each in parsed.measurements}
    # Beside its own time first; a clock that was set right may have put it days away.
    return not said or any(said <= _kept(session, row, near=near) for near in (True, False))


def _policy(session: Session, client_id: UUID | None) -> Policy:
    client = session.get(Client, client_id) if client_id else None
    if client is None:
        return Policy()
    return Policy(Mode(client.mode), frozenset(map(Tolerance, client.tolerances)))


def _kept(session: Session, row: Resource, *, near: bool) -> set[str]:
    mine = StoredReading.patient_id == row.patient_id
    if near:
        if row.effective is None:
            return set()
        mine &= StoredReading.effective.between(row.effective - NEAR, row.effective + NEAR)
    here = StoredReading.resource_id == row.id
    same = StoredReading.effective == row.effective
    query = select(StoredReading.vital).where(mine, here | same)
    return set(session.scalars(query))
