"""Takes in what waited for a patient, in the transaction that enrols them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from core import audit
from core.errors import NotFoundError
from core.security import Caller
from fhir.ndjson import type_of
from fhir.outcome import Refusal
from ingest.addresses import own_id
from ingest.archive.repository import find_named
from ingest.clients.service import sender_of
from ingest.observed.service import take
from ingest.parking import repository
from ingest.people.service import Desk
from ingest.posting import parsed_of
from ingest.settled import Seen
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from fhir.observation import ParsedObservation
    from ingest.people.tables import Parked
    from ingest.receipt import Name


def release(desk: Desk, names: Iterable[Name]) -> int:
    """Take in what waits for these record numbers; return how many Observations were taken.

    In the order of arrival and as of their arrival. What is refused now, such as what a
    bound client was not granted, goes on waiting.
    """
    rows = repository.waiting_for(desk.session, names)
    taken = 0
    for row in rows:
        if _taken(desk, row):
            desk.session.delete(row)
            taken += 1
    return taken


def _taken(desk: Desk, row: Parked) -> bool:
    client = desk.session.get_one(Client, row.client_id)
    if client.disabled:
        return False
    sender = sender_of(
        desk.session,
        Caller("client", client.id),
        base=desk.sender.base,
        site_zone=desk.sender.site_zone,
    )
    raw = repository.body_of(desk.session, row)
    parsed = parsed_of(type_of(raw), raw, sender)
    if isinstance(parsed, Refusal):
        return False
    own = Desk(desk.session, replace(sender, parks=False), {}, row.received_at)
    [answer] = take(own, [_seen(own, row, parsed, raw)]).values()
    return not answer.refused


def _seen(desk: Desk, row: Parked, parsed: ParsedObservation, raw: bytes) -> Seen:
    """Return what is taken: what was put goes where the id leads that it was put to."""
    if repository.was_put(desk.session, row, raw):
        name = own_id(parsed.kind, parsed.resource_id)
        known = find_named(desk.session, row.client_id, [name])
        if name in known:
            return Seen(0, parsed, raw, known[name], replaces=True)
    return Seen(0, parsed, raw, uuid4())


def drop(
    session: Session, caller: Caller, client_id: UUID, *, before: datetime, now: datetime
) -> int:
    """Forget what a client sent before an instant; written down in the audit."""
    if session.get(Client, client_id) is None:
        raise NotFoundError("no such client")
    gone = repository.drop(session, client_id, before=before)
    audit.record(session, caller, audit.Action.DELETE, "parked", now=now, entity_id=client_id)
    return gone
