"""Enrols one resource that is not a reading: finds it again, or stores it and its index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from ingest.archive.repository import Version, add_names, add_versions, fetch, find_named
from ingest.people.service import PROJECTIONS, Desk, Linked
from ingest.receipt import (
    CREATED,
    DIGEST,
    REPEATED,
    Answer,
    Kind,
    Name,
    Readable,
    digest_of,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a resource goes: a new id, or the next version of a known one."""

    id: UUID
    version: int


def keys_of(readables: Iterable[Readable]) -> list[str]:
    """Return what must be locked so that the same resource is created once (REL-05)."""
    names = (name for each in readables for name in names_of(each, each.posted.raw))
    return [f"{name.type}|{name.system}|{name.value}" for name in names]


def names_of(readable: Readable, raw: bytes) -> tuple[Name, ...]:
    """Return the identifiers, or the body's digest where there is none.

    Never for a patient: two people may be described in the same words (SEC-28).
    """
    posted = readable.posted
    if readable.names or posted.type == Kind.PATIENT:
        return readable.names
    return (Name(posted.type, DIGEST, digest_of(raw)),)


def enrol(desk: Desk, readable: Readable, raw: bytes) -> Answer:
    """Store a resource once; `raw` is what is kept of it, its references resolved.

    A known patient is answered with the id that is stored. Other known resources become a
    new version when their content differs.
    """
    kind, session = Kind(readable.posted.type), desk.session
    names = names_of(readable, raw)
    owners = set(find_named(session, desk.sender.client_id, names).values())
    if len(owners) > 1:
        return refuse(
            409, "conflict", "the identifiers belong to different resources", f"{kind}.identifier"
        )
    place = _Place(uuid4(), 1)
    for owner in owners:
        latest = fetch(session, kind, owner)
        if latest is not None and (kind == Kind.PATIENT or latest.body == raw):
            return Answer(
                REPEATED, type=kind, id=owner, version=latest.version, patient_id=latest.patient_id
            )
        place = _Place(owner, latest.version + 1 if latest else 1)
    return _store(desk, readable, raw, place)


def _store(desk: Desk, readable: Readable, raw: bytes, place: _Place) -> Answer:
    kind, session = Kind(readable.posted.type), desk.session
    linked = PROJECTIONS[kind](desk, place.id, readable.resource or {})
    if not isinstance(linked, Linked):
        return linked
    session.flush()
    version = Version(kind, place.id, place.version, linked.patient_id, desk.now, raw)
    add_versions(session, desk.sender.client_id, [version])
    if place.version == 1:
        add_names(session, desk.sender.client_id, dict.fromkeys(names_of(readable, raw), place.id))
        session.flush()
    return Answer(
        CREATED if place.version == 1 else REPEATED,
        (*readable.issues, *linked.issues),
        type=kind,
        id=place.id,
        version=place.version,
        modified=desk.now,
        patient_id=linked.patient_id,
    )
