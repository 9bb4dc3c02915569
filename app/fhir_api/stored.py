"""Finds what was received: light rows along an index, and their bytes only where they may fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from app.fhir_api.scope import (
    EXAMINED,
    Mark,
    Scope,
    Seen,
    hull,
    mark,
    ordered,
    side_by_side,
    uuids,
    visible_among,
)
from fhir.stamp import stamp
from ingest.archive.repository import bodies, name_keys
from ingest.numbers.repository import called, clinicians_called
from ingest.receipt import Name
from ingest.tables import Client, Resource, ResourceIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from core.security import Caller
    from fhir.search_tokens import Token

LIGHT = (
    Resource.type,
    Resource.id,
    Resource.version,
    Resource.patient_id,
    Resource.client_id,
    Resource.received_at,
    Resource.effective,
    Resource.parcel_id,
    Resource.start,
    Resource.length,
)
RECEIVED = ("received_at", "id", "version")


def light(kind: str, asof: datetime) -> Select[Any]:
    """Return the query of every version of a kind, without bodies, as of an instant."""
    query: Any = select(*LIGHT)
    found: Select[Any] = query.where(Resource.type == kind, Resource.received_at <= asof)
    return found


def with_newest(rows: Select[Any], asof: datetime) -> Select[Any]:
    """Return rows with `newest`: whether no later version was there at an instant (FHIR-12)."""
    old, newer = rows.subquery(), aliased(Resource)
    later = exists().where(
        newer.type == old.c.type,
        newer.id == old.c.id,
        newer.version > old.c.version,
        newer.received_at <= asof,
    )
    return select(old, (~later).label("newest"))


class Stored:
    """The shelf of one kind of received resource."""

    sorts = frozenset({"_lastUpdated"})

    def look(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        """Return the next rows in the order in which they were received."""
        columns = [(getattr(Resource, name), scope.down) for name in RECEIVED]
        query = light(scope.kind, scope.asof).where(*hull(Resource.received_at, scope.updated))
        whose = [[Resource.patient_id == each] for each in scope.people]
        branches = [
            ordered(query.where(*who), columns, after, limit)
            for who in (whose if scope.patients is not None else [[]])
        ]
        if not branches:
            return []
        order = [(name, scope.down) for name in RECEIVED]
        return self._seen(scope, side_by_side(branches, order, limit))

    def pick(self, scope: Scope) -> list[Seen]:
        """Return the rows that the scope names by id."""
        ids = uuids(scope.ids or ())
        query = light(scope.kind, scope.asof).where(Resource.id.in_(ids))
        return self._seen(scope, query.limit(EXAMINED))

    def _seen(self, scope: Scope, query: Any) -> list[Seen]:
        rows = scope.session.execute(with_newest(query, scope.asof)).all()
        seen = [
            Seen(
                str(row.id),
                row.version,
                row.patient_id,
                row.received_at,
                mark(row.received_at, row.id, row.version),
                row,
                meant=row.newest,
            )
            for row in rows
        ]
        return sorted(seen, key=_received, reverse=scope.down)

    def bodies(self, scope: Scope, seen: Sequence[Seen]) -> list[bytes]:
        """Return the received bytes with our id and meta."""
        kept = bodies(scope.session, [each.row for each in seen])
        return [
            stamp(
                body,
                id_=each.id,
                version=each.version,
                updated=each.updated,
            )
            for each, body in zip(seen, kept, strict=True)
        ]


def _received(seen: Seen) -> tuple[datetime, UUID, int]:
    return seen.updated, seen.row.id, seen.version


def patients_called(session: Session, caller: Caller, tokens: Iterable[Token]) -> set[UUID]:
    """Return the visible patients whose identifier is one of these (SEC-11)."""
    found = {id_ for each in tokens for id_ in called(session, each.system, each.code or "")}
    return visible_among(session, caller, found)


def named(session: Session, kind: str, tokens: Sequence[Token]) -> frozenset[str] | None:
    """Return what may go by one of these identifiers, or None where that cannot be looked up.

    A client's own names are found by the digest of client, system and value; without a system
    only the content of each resource says.
    """
    values = [token.code for token in tokens if token.code]
    if kind == "Patient":
        return frozenset(str(id_) for value in values for id_ in called(session, None, value))
    if len(values) < len(tokens) or not all(token.system for token in tokens):
        return None
    names = [Name(kind, str(token.system), str(token.code)) for token in tokens]
    clients = session.scalars(select(Client.id)).all()
    keys = [key for each in clients for key in name_keys(session, each, names)]
    query = select(ResourceIdentifier.resource_id).where(ResourceIdentifier.key.in_(keys))
    shared = clinicians_called(session, values) if kind == "Practitioner" else ()
    return frozenset(str(each) for each in (*session.scalars(query), *shared))
