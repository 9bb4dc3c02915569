"""Finds what a reference points at: by id, by identifier, or inside the same Bundle."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, literal, select, update

from fhir.identity import Ref
from ingest.addresses import own_id
from ingest.archive.repository import asked_for, find_named
from ingest.merging.repository import survivors
from ingest.receipt import Kind, Name, name_of
from ingest.tables import CareTeam, Device, Patient, Practitioner, PractitionerRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import BindParameter
    from sqlalchemy.orm import Session

    from ingest.receipt import Sender

TABLES: dict[Kind, type[Patient | Practitioner | PractitionerRole | CareTeam | Device]] = {
    Kind.PATIENT: Patient,
    Kind.PRACTITIONER: Practitioner,
    Kind.PRACTITIONER_ROLE: PractitionerRole,
    Kind.CARE_TEAM: CareTeam,
    Kind.DEVICE: Device,
}


def find(
    session: Session,
    sender: Sender,
    kind: Kind,
    refs: Iterable[Ref],
    *,
    within: Mapping[str, str],
) -> dict[Ref, UUID]:
    """Return the rows of one type that the references point at; unresolved ones are absent.

    `within` maps the full URLs of the same Bundle, and the relative references that mean
    them, to `Type/id`, or to nothing where one could mean two entries. A contained resource,
    another server's address and a bare identifier that nobody registered resolve to nothing,
    and so does what is `torn`.
    """
    wanted = list(dict.fromkeys(refs))
    found = _found(session, sender, kind, wanted, within)
    for ref in torn(session, sender, kind, wanted, within=within):
        found.pop(ref, None)
    return found


def torn(
    session: Session,
    sender: Sender,
    kind: Kind,
    refs: Iterable[Ref],
    *,
    within: Mapping[str, str],
) -> set[Ref]:
    """Return those whose `reference` names one and whose `identifier` another: neither is meant.

    Two records of one person are no contradiction.
    """
    halves = {
        ref: (replace(ref, identifier=None), Ref(ref.type, identifier=ref.identifier))
        for ref in refs
        if ref.identifier is not None and (ref.id or ref.url)
    }
    if not halves:
        return set()
    found = _found(
        session, sender, kind, [half for pair in halves.values() for half in pair], within
    )
    named = {
        ref: (found[one], found[other])
        for ref, (one, other) in halves.items()
        if one in found and other in found
    }
    ids = {id_ for pair in named.values() for id_ in pair}
    heads = survivors(session, ids) if kind == Kind.PATIENT and ids else {}
    return {
        ref for ref, (one, other) in named.items() if heads.get(one, one) != heads.get(other, other)
    }


def _found(
    session: Session,
    sender: Sender,
    kind: Kind,
    refs: Iterable[Ref],
    within: Mapping[str, str],
) -> dict[Ref, UUID]:
    wanted = list(dict.fromkeys(refs))
    if not wanted:
        return {}
    ids = {ref: id_ for ref in wanted if (id_ := _id(ref, sender, kind, within)) is not None}
    names = {ref: name for ref in wanted if (name := name_in(ref, kind)) is not None}
    table = TABLES[kind]
    asked = list(set(ids.values()))
    known = (
        set(session.scalars(select(table.id).where(table.id == any_(_ids(asked))))) if asked else ()
    )
    named = find_named(session, sender.client_id, names.values())
    found = {ref: named[name] for ref, name in names.items() if name in named}
    found |= {ref: id_ for ref, id_ in ids.items() if id_ in known}
    rest = [ref for ref in wanted if ref not in found and _inside(ref, within) is None]
    return found | _called(session, sender, kind, rest)


def _called(session: Session, sender: Sender, kind: Kind, refs: Iterable[Ref]) -> dict[Ref, UUID]:
    """Return what the sender itself gave the id of a reference (decision 0014)."""
    own = {
        ref: own_id(kind, ref.id)
        for ref in refs
        if ref.id and ref.type == kind and _here(ref, sender)
    }
    found = find_named(session, sender.client_id, own.values()) if own else {}
    return {ref: found[name] for ref, name in own.items() if name in found}


def _id(ref: Ref, sender: Sender, kind: Kind, within: Mapping[str, str]) -> UUID | None:
    if ref.contained:
        return None
    inside = _inside(ref, within)
    if inside is not None:
        target, _, text = inside.partition("/")
    elif _here(ref, sender):
        target, text = ref.type, ref.id
    else:
        return None
    with suppress(ValueError):
        return UUID(text) if target == kind else None
    return None


def _inside(ref: Ref, within: Mapping[str, str]) -> str | None:
    """Return what the Bundle says a reference means; empty where that could be two entries."""
    return within.get(ref.url.partition("/_history/")[0] or f"{ref.type}/{ref.id}")


def _here(ref: Ref, sender: Sender) -> bool:
    """Return whether a reference names no other server: the same id means another there."""
    return not ref.url or ref.url.startswith(f"{sender.base}/")


def name_in(ref: Ref, kind: Kind) -> Name | None:
    """Return the identifier by which a reference names a resource of a type, or None."""
    if ref.identifier is not None and ref.identifier.system and ref.type in ("", kind):
        return name_of(kind, ref.identifier)
    if ref.url.startswith(f"{kind}?"):
        return asked_for(kind, ref.url)
    return None


def _ids(ids: Iterable[UUID]) -> BindParameter[Sequence[UUID]]:
    """Return one parameter for many ids, so that the statement is the same for any number."""
    return literal(list(ids), ARRAY(Uuid()))


def zones(session: Session, patients: Iterable[UUID]) -> dict[UUID, str]:
    """Return the time zone of each patient."""
    rows = session.execute(
        select(Patient.id, Patient.zone).where(Patient.id == any_(_ids(patients)))
    )
    return {row[0]: row[1] for row in rows}


def practitioners(
    session: Session, sender: Sender, refs: Iterable[Ref], *, within: Mapping[str, str]
) -> dict[Ref, UUID]:
    """Return the people behind references to a Practitioner or to a PractitionerRole."""
    wanted = list(refs)
    found = find(session, sender, Kind.PRACTITIONER, wanted, within=within)
    roles = find(session, sender, Kind.PRACTITIONER_ROLE, wanted, within=within)
    rows = session.execute(
        select(PractitionerRole.id, PractitionerRole.practitioner_id).where(
            PractitionerRole.id.in_(set(roles.values()))
        )
    )
    holder = {row[0]: row[1] for row in rows}
    return {ref: holder[role] for ref, role in roles.items()} | found


def set_scale_two_plan(session: Session, records: Iterable[UUID], *, on: bool) -> None:
    """Note that a clinician has set the target saturation 88 to 92 %, or has taken it back.

    `records` are all of one person.
    """
    rows = update(Patient).where(Patient.id.in_(set(records)))
    session.execute(rows.values(scale_two_plan=on))
