"""Keeps received bytes by version, and the names that make repeats and races harmless."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from sqlalchemy import BigInteger, cast, func, insert, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from zstandard import ZstdCompressor, ZstdDecompressor

from ingest.criteria import read_criteria
from ingest.numbering import shared
from ingest.numbers.repository import add, owners
from ingest.receipt import Name
from ingest.tables import Resource, ResourceIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one resource, with its received bytes."""

    type: str
    id: UUID
    version: int
    patient_id: UUID | None
    received_at: datetime
    body: bytes
    status: str = ""
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The latest version of a resource, without its bytes."""

    version: int
    status: str
    patient_id: UUID | None
    updated: datetime | None


def lock(session: Session, keys: Iterable[str]) -> None:
    """Make this transaction the only one that works on these keys, in one global order.

    Sorted, so that two transactions can never wait for each other. Call it at most once
    for names and then once for patients in a transaction.
    """
    numbers = sorted({_number(key) for key in keys})
    if numbers:
        each = func.unnest(cast(numbers, ARRAY(BigInteger))).column_valued("key")
        ordered = select(each).order_by(each).subquery()
        session.execute(select(func.pg_advisory_xact_lock(ordered.c.key))).all()


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


def asked_for(kind: str, criteria: str) -> Name | None:
    """Return the identifier that the text of a search asks for, or None for anything else."""
    query = criteria.partition("?")[2] or criteria
    return read_criteria(kind, parse_qsl(query, keep_blank_values=True))


def find_named(session: Session, client_id: UUID, names: Iterable[Name]) -> dict[Name, UUID]:
    """Return what goes by these names: those of people that are shared, others a client's own."""
    asked = list(dict.fromkeys(names))
    found = owners(session, asked)
    by_type: dict[str, list[Name]] = defaultdict(list)
    for name in asked:
        if not shared(name):
            by_type[name.type].append(name)
    for kind, wanted in by_type.items():
        pairs = [(name.system, name.value) for name in wanted]
        query = select(
            ResourceIdentifier.system, ResourceIdentifier.value, ResourceIdentifier.resource_id
        ).where(ResourceIdentifier.client_id == client_id, ResourceIdentifier.resource_type == kind)
        columns = query.selected_columns
        rows = session.execute(query.where(tuple_(columns[0], columns[1]).in_(pairs)))
        found |= {Name(kind, row[0], row[1]): row[2] for row in rows}
    return found


def add_names(session: Session, client_id: UUID, names: Mapping[Name, UUID]) -> None:
    """Write down what resources are called; a name that is taken stays where it is."""
    rows = [
        {
            "client_id": client_id,
            "resource_type": name.type,
            "system": name.system,
            "value": name.value,
            "resource_id": owner,
        }
        for name, owner in names.items()
        if not shared(name)
    ]
    if rows:
        session.execute(upsert(ResourceIdentifier).on_conflict_do_nothing(), rows)
    add(session, names)


def add_versions(session: Session, client_id: UUID, versions: Sequence[Version]) -> None:
    """Store received bytes."""
    if not versions:
        return
    pack = ZstdCompressor()
    rows = [
        {
            "type": each.type,
            "id": each.id,
            "version": each.version,
            "client_id": client_id,
            "patient_id": each.patient_id,
            "status": each.status,
            "source_updated": each.updated,
            "received_at": each.received_at,
            "body": pack.compress(each.body),
        }
        for each in versions
    ]
    session.execute(insert(Resource), rows)


def heads(session: Session, kind: str, ids: Iterable[UUID]) -> dict[UUID, Head]:
    """Return the latest version of each resource."""
    rows = session.execute(
        select(
            Resource.id,
            Resource.version,
            Resource.status,
            Resource.patient_id,
            Resource.source_updated,
        )
        .where(Resource.type == kind, Resource.id.in_(list(ids)))
        .order_by(Resource.id, Resource.version)
    )
    return {row[0]: Head(*row[1:]) for row in rows}


def fetch(session: Session, kind: str, id_: UUID, version: int | None = None) -> Version | None:
    """Return a version with its bytes, the latest where none is named."""
    query = select(Resource).where(Resource.type == kind, Resource.id == id_)
    if version is not None:
        query = query.where(Resource.version == version)
    row = session.scalar(query.order_by(Resource.version.desc()).limit(1))
    if row is None:
        return None
    body = ZstdDecompressor().decompress(row.body)
    return Version(
        row.type,
        row.id,
        row.version,
        row.patient_id,
        row.received_at,
        body,
        status=row.status,
        updated=row.source_updated,
    )
