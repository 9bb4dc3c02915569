"""Which versions of one resource there are, and what goes by an own id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from ingest.addresses import id_here, own_id
from ingest.archive.repository import find_named, heads
from ingest.receipt import Kind
from ingest.tables import Condition, Device, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.archive.repository import Head
    from ingest.receipt import Name


@dataclass(frozen=True, slots=True)
class Past:
    """One version of a resource, without its bytes."""

    version: int
    received_at: datetime
    status: str


def addressed(
    session: Session,
    client_id: UUID,
    kind: str,
    texts: Iterable[str],
    *,
    hidden: Callable[[Mapping[UUID, Head]], Collection[UUID]] = frozenset,
) -> dict[str, UUID]:
    """Return what stands at these addresses: ids given here go before a sender's own.

    What is `hidden` from the sender is passed by as if it were not there.
    """
    asked = list(dict.fromkeys(texts))
    ids = {text: id_ for text in asked if (id_ := id_here(text)) is not None}
    known = heads(session, kind, ids.values()) if ids else {}
    passed = hidden(known) if ids else ()
    found = {text: id_ for text, id_ in ids.items() if id_ in known and id_ not in passed}
    names: dict[Name, str] = {own_id(kind, text): text for text in asked if text not in found}
    owned = find_named(session, client_id, names) if names else {}
    return found | {names[name]: id_ for name, id_ in owned.items()}


def past(
    session: Session, kind: str, id_: UUID, *, before: int | None, limit: int
) -> tuple[list[Past], int]:
    """Return the versions before one, newest first, and how many there are in all."""
    mine = (Resource.type == kind, Resource.id == id_)
    query = select(Resource.version, Resource.received_at, Resource.status).where(*mine)
    if before is not None:
        query = query.where(Resource.version < before)
    rows = session.execute(query.order_by(Resource.version.desc()).limit(limit))
    total = session.scalar(select(func.count()).select_from(Resource).where(*mine)) or 0
    return [Past(*row) for row in rows], total


def unlist(session: Session, kind: str, id_: UUID) -> None:
    """Take what was deleted out of the tables that other rooms read."""
    if kind == Kind.CONDITION:
        session.execute(delete(Condition).where(Condition.id == id_))
    if kind == Kind.DEVICE:
        session.execute(update(Device).where(Device.id == id_).values(patient_id=None))
