"""Keeps the versions of resources, and the names that make repeats and races harmless."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from uuid import UUID

from sqlalchemy import select

from core.errors import ConflictError
from core.rows import copy_parted, run
from core.sealing import keyring_of
from ingest.criteria import read_criteria
from ingest.numbering import shared
from ingest.numbers.repository import add, owners
from ingest.parcels.repository import Span, cut_out, pack
from ingest.partitions import quarter
from ingest.receipt import REPEATED, Answer
from ingest.tables import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from fhir.outcome import Issue
    from ingest.receipt import Name

REMOVED = "this patient was removed at this moment"


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
    effective: datetime | None = None

    def again(self, issues: tuple[Issue, ...] = ()) -> Answer:
        """Return the answer to who sends what stands here already: nothing is stored."""
        return Answer(
            REPEATED,
            issues,
            type=self.type,
            id=self.id,
            version=self.version,
            modified=self.received_at,
            patient_id=self.patient_id,
        )


@dataclass(frozen=True, slots=True)
class Head:
    """The latest version of a resource, without its bytes."""

    version: int
    status: str
    patient_id: UUID | None
    updated: datetime | None
    effective: datetime | None = None
    client_id: UUID | None = None  # who created it
    type: str = ""


def lock(session: Session, keys: Iterable[str]) -> None:
    """Make this transaction the only one that works on these keys, in one global order.

    Sorted, so that two transactions can never wait for each other. Call it at most once
    for names and then once for patients in a transaction.
    """
    numbers = sorted({_number(key) for key in keys})
    if numbers:
        run(session, _LOCK, numbers)


_LOCK = (
    "select pg_advisory_xact_lock(key) from"
    " (select key from unnest(%b::bigint[]) key order by key) ordered"
)


def _number(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


def asked_for(kind: str, criteria: str) -> Name | None:
    """Return the identifier that the text of a search asks for, or None for anything else."""
    query = criteria.partition("?")[2] or criteria
    return read_criteria(kind, parse_qsl(query, keep_blank_values=True))


def find_named(session: Session, client_id: UUID, names: Iterable[Name]) -> dict[Name, UUID]:
    """Return what goes by these names: those of people that are shared, others a client's own."""
    asked = list(dict.fromkeys(names))
    keys = name_keys(session, client_id, (name for name in asked if not shared(name)))
    return owners(session, asked) | {keys[key]: id_ for key, id_ in _owners(session, keys)}


def name_keys(session: Session, client_id: UUID, names: Iterable[Name]) -> dict[UUID, Name]:
    """Return each name by the key under which the database knows it as this client's."""
    made: dict[tuple[UUID, Name], UUID] = session.info.setdefault(_MADE, {})
    blinders: dict[tuple[str, str], Callable[[str], bytes]] = {}
    keys: dict[UUID, Name] = {}
    for name in names:
        key = made.get((client_id, name))
        if key is None:
            kind = (name.type, name.system)
            if kind not in blinders:
                blinders[kind] = keyring_of(session).blinder(str(client_id), *kind)
            key = made[client_id, name] = UUID(bytes=blinders[kind](name.value))
        keys[key] = name
    return keys


_MADE = "keys of names"  # made once in a session: what is looked up is often written then


def _owners(session: Session, keys: Mapping[UUID, Name]) -> list[tuple[UUID, UUID]]:
    if not keys:
        return []
    return run(
        session,
        "select key, resource_id from resource_identifier where key = any(%b)",
        list(keys),
    )


def add_names(session: Session, client_id: UUID, names: Mapping[Name, UUID]) -> None:
    """Write down what resources are called; none of these names may be taken.

    Raises
    ------
    ConflictError
        Where another transaction gave one of them to something at this moment.
    """
    keys = name_keys(session, client_id, (name for name in names if not shared(name)))
    if keys:
        # In one order, so that two transactions never wait for each other.
        ordered = sorted(keys)
        ((written,),) = run(session, _ADD_NAMES, ordered, [names[keys[key]] for key in ordered])
        if written < len(keys):
            raise ConflictError("somebody else stores the same at this moment: retry")
    add(session, names)


def drop_names(session: Session, client_id: UUID, names: Iterable[Name]) -> None:
    """Let go of what a client called something that is there no more."""
    keys = name_keys(session, client_id, names)
    run(session, "delete from resource_identifier where key = any(%b::uuid[])", list(keys))


_ADD_NAMES = (
    "insert into resource_identifier (key, resource_id)"
    " select * from unnest(%b::uuid[], %b::uuid[]) on conflict do nothing"
)
_RESOURCE = {
    "id": "uuid",
    "client_id": "uuid",
    "patient_id": "uuid",
    "parcel_id": "uuid",
    "received_at": "timestamptz",
    "effective": "timestamptz",
    "source_updated": "timestamptz",
    "start": "int4",
    "length": "int4",
    "version": "int4",
    "type": "text",
    "status": "text",
}


def add_versions(session: Session, client_id: UUID | None, versions: Sequence[Version]) -> None:
    """Store versions, their received bytes together in one parcel; None: written down here.

    Raises
    ------
    ConflictError
        Where one of them is of somebody who was erased at this moment (SEC-44).
    """
    if not versions:
        return
    _keep_people(session, {each.patient_id for each in versions} - {None})
    spans = pack(session, [each.body for each in versions], now=versions[0].received_at)
    rows = [
        (
            each.id,
            client_id,
            each.patient_id,
            at.parcel_id,
            each.received_at,
            each.effective,
            each.updated,
            at.start,
            at.length,
            each.version,
            each.type,
            each.status,
        )
        for each, at in zip(versions, spans, strict=True)
    ]
    copy_parted(session, "resource", _RESOURCE, rows, ("id", quarter))


def _keep_people(session: Session, patients: Collection[UUID | None]) -> None:
    """Keep people from being erased until this transaction ends: no foreign key does it here."""
    if patients and len(run(session, _KEEP, list(patients))) < len(patients):
        raise ConflictError(REMOVED)


_KEEP = "select id from patient where id = any(%b::uuid[]) order by id for key share"


def heads(session: Session, kind: str | Collection[str], ids: Iterable[UUID]) -> dict[UUID, Head]:
    """Return the latest version of each resource of a type, or of some."""
    kinds = [kind] if isinstance(kind, str) else kind
    rows = session.execute(
        select(
            Resource.id,
            Resource.version,
            Resource.status,
            Resource.patient_id,
            Resource.source_updated,
            Resource.effective,
            Resource.type,
            Resource.client_id,
        )
        .where(Resource.type.in_(kinds), Resource.id.in_(list(ids)))
        .order_by(Resource.id, Resource.version)
    )
    found: dict[UUID, Head] = {}
    for row in rows:
        first = found.get(row[0])
        owner = first.client_id if first else row[-1]
        found[row[0]] = Head(*row[1:-2], owner, row[-2])
    return found


def fetch(session: Session, kind: str, id_: UUID, version: int | None = None) -> Version | None:
    """Return a version with its bytes, the latest where none is named."""
    query = select(Resource).where(Resource.type == kind, Resource.id == id_)
    if version is not None:
        query = query.where(Resource.version == version)
    row = session.scalar(query.order_by(Resource.version.desc()).limit(1))
    return None if row is None else _versions(session, [row])[0]


def versions_of(session: Session, kinds: Collection[str], ids: Iterable[UUID]) -> list[Version]:
    """Return every version of these resources with its bytes."""
    query = select(Resource).where(Resource.type.in_(kinds), Resource.id.in_(list(ids)))
    return _versions(session, session.scalars(query).all())


def bodies(session: Session, rows: Iterable[Resource]) -> list[bytes]:
    """Return the received bytes of stored versions, each parcel opened once."""
    return cut_out(session, (Span(row.parcel_id, row.start, row.length) for row in rows))


def _versions(session: Session, rows: Sequence[Resource]) -> list[Version]:
    return [
        Version(
            row.type,
            row.id,
            row.version,
            row.patient_id,
            row.received_at,
            body,
            status=row.status,
            updated=row.source_updated,
            effective=row.effective,
        )
        for row, body in zip(rows, bodies(session, rows), strict=True)
    ]
