"""Loads what is known about Observations in a few queries, and stores decisions in bulk."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import insert, or_, select, update

from core.vitals import Precision, Quality, Vital
from ingest.acceptance import Incoming, Kept, Known
from ingest.archive.repository import find_named, heads
from ingest.candidates import Candidate
from ingest.receipt import DIGEST, Kind, Name
from ingest.tables import StoredReading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.acceptance import Decision


def known(session: Session, client_id: UUID, incoming: Sequence[Incoming]) -> Known:
    """Return what the record holds under the names, digests and natural keys at hand."""
    names = [Name(Kind.OBSERVATION, *name) for each in incoming for name in each.names]
    digests = [Name(Kind.OBSERVATION, DIGEST, each.digest) for each in incoming]
    found = find_named(session, client_id, [*names, *digests])
    memory = Known()
    for name, owner in found.items():
        if name.system == DIGEST:
            memory.digests[name.value] = owner
        else:
            memory.names[name.system, name.value] = owner
    candidates = [each for one in incoming for each in one.candidates]
    owners = {*found.values(), *_owners(session, candidates)}
    for kept in _kept(session, owners):
        memory.keep(kept)
    return memory


def _owners(session: Session, candidates: Sequence[Candidate]) -> set[UUID]:
    """Return the Observations with a live reading of the same person at the same times."""
    if not candidates:
        return set()
    return set(
        session.scalars(
            select(StoredReading.resource_id).where(
                StoredReading.patient_id.in_({each.patient_id for each in candidates}),
                StoredReading.effective.in_({each.effective for each in candidates}),
                ~StoredReading.superseded,
            )
        )
    )


def _kept(session: Session, ids: set[UUID]) -> list[Kept]:
    if not ids:
        return []
    rows = session.scalars(
        select(StoredReading)
        .where(StoredReading.resource_id.in_(ids), ~StoredReading.superseded)
        .order_by(StoredReading.received_at, StoredReading.id)
    )
    live: dict[UUID, list[Candidate]] = defaultdict(list)
    for row in rows:
        live[row.resource_id].append(_candidate(row))
    return [
        Kept(id_, head.version, head.status, head.patient_id, tuple(live[id_]), head.updated)
        for id_, head in heads(session, Kind.OBSERVATION, ids).items()
        if head.patient_id is not None
    ]


def _candidate(row: StoredReading) -> Candidate:
    return Candidate(
        patient_id=row.patient_id,
        vital=Vital(row.vital),
        value=row.value,
        quality=Quality(row.quality),
        effective=row.effective,
        until=row.until,
        local_day=row.local_day,
        precision=Precision(row.precision),
        comparator=row.comparator,
        device=row.device,
        value_received=row.value_received,
        unit_received=row.unit_received,
        history=row.history,
    )


def supersede(session: Session, decisions: Iterable[Decision]) -> None:
    """Take earlier versions' readings out of the judgement; they stay in the table."""
    stale = [
        (StoredReading.resource_id == each.resource_id)
        & (StoredReading.resource_version < each.version)
        for each in decisions
        if each.stores and each.version > 1
    ]
    if stale:
        session.execute(update(StoredReading).where(or_(*stale)).values(superseded=True))


def add_readings(session: Session, decisions: Sequence[Decision], *, received: datetime) -> None:
    """Store the readings of every decision; all but an Observation's last version superseded."""
    last = {each.resource_id: each.version for each in decisions if each.stores}
    rows = [
        {
            "id": uuid4(),
            "patient_id": reading.patient_id,
            "vital": reading.vital,
            "value": reading.value,
            "comparator": reading.comparator,
            "quality": reading.quality,
            "effective": reading.effective,
            "until": reading.until,
            "local_day": reading.local_day,
            "precision": reading.precision,
            "received_at": received,
            "device": reading.device,
            "value_received": reading.value_received,
            "unit_received": reading.unit_received,
            "resource_id": each.resource_id,
            "resource_version": each.version,
            "history": reading.history,
            "superseded": each.version < last[each.resource_id],
        }
        for each in decisions
        if each.stores
        for reading in each.readings
    ]
    if rows:
        session.execute(insert(StoredReading), rows)
