"""Enrols one resource that is not a reading: finds it again, or stores it and its index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.ordered_ids import ordered_id
from core.outbox import Priority, Topic, offer
from fhir.outcome import Issue
from ingest.archive.repository import Version, add_names, add_versions, fetch, find_named
from ingest.binding.repository import grant
from ingest.binding.service import granted, not_granted
from ingest.merging.repository import survivors
from ingest.numbering import wording
from ingest.numbers.repository import keep_only
from ingest.of_another import taken
from ingest.parking.service import release
from ingest.people.service import PROJECTIONS, Desk, Linked
from ingest.receipt import (
    CONTEXT,
    CREATED,
    DELETED,
    DIGEST,
    REPEATED,
    Answer,
    Kind,
    Method,
    Name,
    Readable,
    digest_of,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.receipt import Sender


KNOWN = Issue(
    "information",
    "informational",
    "this person is enrolled already and was left as they are: to change them, update this Patient",
    "Patient",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource goes: a new id, or the next version of a known one."""

    id: UUID
    version: int
    lives: bool = False  # whether there is an earlier version that was not deleted
    patient_id: UUID | None = None  # of whom that version speaks


def keys_of(readables: Iterable[Readable], sender: Sender) -> list[str]:
    """Return what must be locked so that the same resource is created once (REL-05)."""
    names = (name for each in readables for name in names_of(each, each.posted.raw, sender))
    return [f"{name.type}|{name.system}|{name.value}" for name in names]


def names_of(readable: Readable, raw: bytes, sender: Sender) -> tuple[Name, ...]:
    """Return the identifiers, or the body's digest where there is none.

    Only the same client's same words about a patient are a repeat: to another client they
    may describe somebody else (SEC-28).
    """
    posted = readable.posted
    if readable.names:
        return readable.names
    system = wording(sender.client_id) if posted.type == Kind.PATIENT else DIGEST
    return (Name(posted.type, system, digest_of(raw)),)


def several(kind: Kind) -> Answer:
    """Return the answer to identifiers that stand for different people or things."""
    text = "the identifiers belong to different resources: send them apart"
    if kind == Kind.PATIENT:
        text = (
            "the identifiers belong to different patients; if these are one person, somebody must"
            " say so (wardlight patient merge), else send each with its own identifiers"
        )
    return refuse(409, "conflict", text, f"{kind}.identifier")


def replace(desk: Desk, readable: Readable, raw: bytes, place: Place) -> Answer:
    """Store what was put to an id, as its first or next version.

    A patient goes by the numbers that the last version names and by no other: a wrong one
    must not lead readings to them any more.
    """
    kind, session = Kind(readable.posted.type), desk.session
    found = find_named(session, desk.sender.client_id, readable.names)
    if set(found.values()) - {place.id}:
        return several(kind)
    if kind == Kind.PATIENT and place.version > 1:
        if not granted(session, desk.sender, [place.id]):
            return not_granted(place.id, kind)
        keep_only(session, place.id, readable.names)
    new = [name for name in readable.names if name not in found]
    return _store(desk, readable, raw, place, fresh=new)


def enrol(desk: Desk, readable: Readable, raw: bytes) -> Answer:
    """Store a resource once; `raw` is what is kept of it, its references resolved.

    A known patient is answered with the id that is stored. Other known resources become a
    new version when their content differs.
    """
    kind, session = Kind(readable.posted.type), desk.session
    names = names_of(readable, raw, desk.sender)
    known = find_named(session, desk.sender.client_id, names)
    owners, fresh = set(known.values()), [name for name in names if name not in known]
    if len(owners) > 1:
        return several(kind)
    place = Place(ordered_id(desk.now), 1)
    for owner in owners:
        if kind == Kind.PATIENT and not granted(session, desk.sender, [owner]):
            return not_granted(owner, "Patient.identifier")
        if kind == Kind.PRACTITIONER:  # another client's own number for them may be new
            add_names(session, desk.sender.client_id, dict.fromkeys(fresh, owner))
            fresh = []
        latest = fetch(session, kind, owner)
        if latest is not None and (kind == Kind.PATIENT or latest.body == raw):
            return Answer(
                REPEATED,
                () if latest.body == raw else (KNOWN,),
                type=kind,
                id=owner,
                version=latest.version,
                patient_id=latest.patient_id,
            )
        if latest is not None:
            lives = latest.status != DELETED
            said_of = latest.patient_id if lives else None
            place = Place(owner, latest.version + 1, lives=lives, patient_id=said_of)
    return _store(desk, readable, raw, place, fresh=fresh)


def _store(
    desk: Desk, readable: Readable, raw: bytes, place: Place, *, fresh: Iterable[Name]
) -> Answer:
    kind, session = Kind(readable.posted.type), desk.session
    linked = PROJECTIONS[kind](desk, place.id, readable.resource or {})
    if not isinstance(linked, Linked):
        return linked
    session.flush()
    if kind == Kind.PATIENT and place.version == 1:
        grant(session, desk.sender.client_id, place.id, now=desk.now)
    whose = linked.patient_id
    if whose is not None and not granted(session, desk.sender, [whose]):
        return not_granted(whose, kind)
    if _becomes_anothers(session, kind, place.patient_id, whose):
        return taken(kind, replaces=readable.posted.method is Method.PUT)
    version = Version(kind, place.id, place.version, linked.patient_id, desk.now, raw)
    add_versions(session, desk.sender.client_id, [version])
    add_names(session, desk.sender.client_id, dict.fromkeys(fresh, place.id))
    session.flush()
    if kind == Kind.PATIENT:
        release(desk, fresh)
    if kind in CONTEXT and linked.patient_id is not None:
        offer(session, Topic.ASSESS, linked.patient_id, now=desk.now, priority=Priority.NORMAL)
    return Answer(
        REPEATED if place.lives else CREATED,
        (*readable.issues, *linked.issues),
        type=kind,
        id=place.id,
        version=place.version,
        modified=desk.now,
        patient_id=linked.patient_id,
    )


def _becomes_anothers(session: Session, kind: Kind, was: UUID | None, now: UUID | None) -> bool:
    """Return whether what was said of one person would be said of another.

    A device goes from one to the next; two records of one person are no other.
    """
    if kind == Kind.DEVICE or was is None or now is None or was == now:
        return False
    heads = survivors(session, [was, now])
    return heads.get(was, was) != heads.get(now, now)
