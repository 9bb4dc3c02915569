"""Reads one resource back: who may, what is gone, and that it was asked for (SEC-16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec

from core import audit
from core.errors import ForbiddenError, GoneError, NotFoundError
from core.scopes import permitted
from fhir.stamp import stamp
from ingest.addresses import id_here, versions
from ingest.archive.repository import Version, fetch
from ingest.categories import within
from ingest.receipt import DELETED, STORED
from ingest.repository import may_see
from ingest.versions.repository import addressed, past

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from core.security import Caller

_BODY = msgspec.json.Decoder(dict[str, Any])


@dataclass(frozen=True, slots=True)
class Address:
    """A resource as a request names it; without a version the latest is meant."""

    kind: str
    id: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some versions of a resource, newest first; `total` counts all of them."""

    versions: tuple[Version, ...]
    total: int
    more: bool


def read(session: Session, caller: Caller, address: Address, *, now: datetime) -> Version:
    """Return a stored version with its received bytes.

    Raises
    ------
    ForbiddenError
        When the granted scopes do not permit to read this type, or this category of it.
    NotFoundError
        When it does not exist, or the caller may not know that it does (SEC-12).
    GoneError
        When it was deleted.
    """
    found = _visible(session, caller, address)
    if found.status == DELETED:
        raise GoneError("this resource was deleted; its earlier versions can be read")
    _note(session, caller, found, now=now)
    return found


def history(
    session: Session,
    caller: Caller,
    address: Address,
    *,
    count: int,
    now: datetime,
) -> Page:
    """Return the versions before the one in the address, or the newest; errors as in `read`."""
    latest = _visible(session, caller, Address(address.kind, address.id))
    rows, total = past(session, latest.type, latest.id, before=address.version, limit=count + 1)
    found = [fetch(session, latest.type, latest.id, row.version) for row in rows[:count]]
    _note(session, caller, latest, now=now)
    return Page(tuple(each for each in found if each), total, more=len(rows) > count)


def _visible(session: Session, caller: Caller, address: Address) -> Version:
    categories = permitted(caller.scopes, address.kind, "r") if caller.kind == "client" else None
    if categories == frozenset():
        raise ForbiddenError(f"the granted scopes do not permit {address.kind} read")
    found = _found(session, caller, address) if address.kind in STORED else None
    patient = found.patient_id if found else None
    if found is None or (patient is not None and not may_see(session, caller, patient)):
        raise NotFoundError("no such resource")
    if categories is not None and not within(_BODY.decode(found.body or b"{}"), categories):
        raise ForbiddenError(f"the granted scopes do not permit this category of {address.kind}")
    return found


def _found(session: Session, caller: Caller, address: Address) -> Version | None:
    """Return what has this id here; else what the client itself gave the id."""
    kind, text, version = address.kind, address.id, address.version
    here = id_here(text)
    found = fetch(session, kind, here, version) if here else None
    if found is not None or caller.kind != "client" or caller.id is None:
        return found
    own = addressed(session, caller.id, kind, [text]).get(text)
    return fetch(session, kind, own, version) if own else None


def _note(session: Session, caller: Caller, found: Version, *, now: datetime) -> None:
    audit.record(
        session,
        caller,
        audit.Action.READ,
        found.type,
        now=now,
        entity_id=found.id,
        patients=(found.patient_id,),
    )


def note_refused(session: Session, caller: Caller, kind: str, *, now: datetime) -> None:
    """Write down that somebody asked for what they did not get (SEC-16)."""
    entity = kind if kind in STORED else "unknown"
    audit.record(session, caller, audit.Action.READ, entity, now=now, outcome="refused")


def unchanged(found: Version, headers: Mapping[str, str]) -> bool:
    """Return whether the caller has this version already (RFC 9110, section 13)."""
    if tags := headers.get("if-none-match"):
        named = versions(tags)
        return tags.strip() == "*" or (named is not None and found.version in named)
    if since := headers.get("if-modified-since"):
        try:
            then = parsedate_to_datetime(since)
        except ValueError:
            return False
        aware = then if then.tzinfo else then.replace(tzinfo=UTC)
        return found.received_at.replace(microsecond=0) <= aware
    return False


def stamped(version: Version, *, called: str = "") -> bytes:
    """Return the received bytes with the version that they have here, and their id.

    That is the id given here, or the sender's own where it was asked for by that.
    """
    own = called if called and id_here(called) != version.id else ""
    return stamp(
        version.body,
        id_=own or str(version.id),
        version=version.version,
        updated=version.received_at,
    )
