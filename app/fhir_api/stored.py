"""Finds what was received: light rows along an index, and their bytes only where they may fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, literal, select
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
from ingest.receipt import DELETED, Name
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
DATED = ("effective", *RECEIVED)
OBSERVATION = "Observation"


def light(kind: str, asof: datetime) -> Select[Any]:
    """Return the query of every version of a kind, without bodies, as of an instant.

    The version that says that it was deleted is left out, and makes the others old.
    The kind stands in the text of the query: the indexes are of one kind, or of all others.
    """
    query: Any = select(*LIGHT)
    of_kind = Resource.type == literal(kind, literal_execute=True)
    found: Select[Any] = query.where(
        of_kind, Resource.received_at <= asof, Resource.status != DELETED
    )
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
    """The shelf of one kind of received resource.

    Everybody's stand in the order in which they were received. A patient's Observations stand in
    the order in which they were measured, those without a time behind them.
    """

    def serves(self, scope: Scope, key: str) -> bool:
        """Return whether the shelf's own order is this one."""
        return key == ("date" if _measured(scope) else "_lastUpdated")

    def look(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        """Return the next rows."""
        if not _measured(scope):
            return self._step(scope, RECEIVED, (), after, limit)
        dated = after is None or after[0] == "dated"
        rest = after[1:] if after else None
        found = []
        if dated:
            known = (Resource.effective.is_not(None),)
            found = self._step(scope, DATED, known, rest, limit)
        if len(found) < limit:
            none = (Resource.effective.is_(None),)
            more = limit - len(found)
            found += self._step(scope, RECEIVED, none, None if dated else rest, more)
        return found

    def _step(
        self,
        scope: Scope,
        names: Sequence[str],
        where: Sequence[Any],
        after: Mark | None,
        limit: int,
    ) -> list[Seen]:
        columns = [(getattr(Resource, name), scope.down) for name in names]
        query = light(scope.kind, scope.asof).where(*where)
        query = query.where(*hull(Resource.received_at, scope.updated))
        if scope.patients is None:
            branches = [ordered(query, columns, after, limit)]
        else:
            branches = [
                ordered(query.where(Resource.patient_id == each), columns, after, limit)
                for each in scope.people
            ]
        if not branches:
            return []
        order = [(name, scope.down) for name in names]
        rows = scope.session.execute(
            with_newest(side_by_side(branches, order, limit), scope.asof)
        ).all()
        rows = sorted(rows, key=lambda row: _key(row, names), reverse=scope.down)
        place = {DATED: ("dated",), RECEIVED: ("undated",)}[tuple(names)]
        return [
            _seen(row, (*(place if _measured(scope) else ()), *_key(row, names))) for row in rows
        ]

    def pick(self, scope: Scope) -> list[Seen]:
        """Return the rows that the scope names by id."""
        query = light(scope.kind, scope.asof).where(Resource.id.in_(uuids(scope.ids or ())))
        rows = scope.session.execute(with_newest(query.limit(EXAMINED), scope.asof))
        return [_seen(row, _key(row, RECEIVED)) for row in rows]

    def bodies(self, scope: Scope, seen: Sequence[Seen]) -> list[bytes]:
        """Return the received bytes with our id and meta."""
        kept = bodies(scope.session, [each.row for each in seen])
        return [
            stamp(body, id_=each.id, version=each.version, updated=each.updated)
            for each, body in zip(seen, kept, strict=True)
        ]


def _measured(scope: Scope) -> bool:
    return scope.kind == OBSERVATION and scope.patients is not None


def _key(row: Any, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in names)


def _seen(row: Any, place: tuple[Any, ...]) -> Seen:
    return Seen(
        str(row.id),
        row.version,
        row.patient_id,
        row.received_at,
        mark(*place),
        row,
        meant=row.newest,
        parcel=row.parcel_id,
        weight=row.start + row.length,
    )


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
