"""Finds what was received: light rows along an index, and their bytes only where they may fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, exists, func, literal, or_, select, true
from sqlalchemy.orm import aliased

from app.fhir_api.scope import (
    EXAMINED,
    Mark,
    Scope,
    Seen,
    hull,
    mark,
    ordered,
    uuids,
    visible_among,
)
from fhir.search_dates import END
from fhir.stamp import stamp
from ingest.archive.repository import bodies, name_keys
from ingest.numbers.repository import called, clinicians_called
from ingest.receipt import DELETED, Name
from ingest.tables import Client, Resource, ResourceIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable
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
DATED_PLACE, UNDATED_PLACE = "dated", "undated"
Conditions = Sequence[ColumnElement[bool]]


def light(asof: datetime) -> Select[Any]:
    """Return the query of every version, without bodies, as of an instant.

    The version that says that it was deleted is left out, and makes the others old.
    """
    query: Any = select(*LIGHT)
    found: Select[Any] = query.where(Resource.received_at <= asof, Resource.status != DELETED)
    return found


def of_kind(kind: str) -> ColumnElement[bool]:
    """Return whether a row is of a kind, which stands in the text: indexes are of one kind each."""
    return Resource.type == literal(kind, literal_execute=True)


def measured() -> Conditions:
    """Return what is true of Observations of a known time, among one person's rows.

    As a span of kinds: by that no index of everybody's is thought of, along which one person's
    would be looked for however long ago they were, and yet it is known that most rows are these.
    """
    this = literal(OBSERVATION, literal_execute=True)
    return Resource.effective.is_not(None), Resource.type.between(this, this)


def others(kind: str) -> Conditions:
    """Return what is true of a kind's rows but those, as the index of one person's says it.

    For the same reason the kind is no word of the text.
    """
    other = Resource.type != literal(OBSERVATION, literal_execute=True)
    whole = or_(other, Resource.effective.is_(None))
    return whole, Resource.type == select(literal(kind)).scalar_subquery()


def arrived(
    scope: Scope, names: Sequence[str], within: Conditions, after: Mark | None, limit: int
) -> list[Select[Any]]:
    """Return queries among whose rows are the next of a kind in the order of arrival."""
    if scope.followed is None:
        return along(scope, names, (of_kind(scope.kind), *within), after, limit)
    observed = scope.kind == OBSERVATION
    parts = [others(scope.kind), *([measured()] if observed else [])]
    found = [q for part in parts for q in along(scope, names, (*part, *within), after, limit)]
    if scope.patients is None:
        one = others(scope.kind) if observed else (of_kind(scope.kind),)
        found += _next(scope, names, (Resource.patient_id.is_(None), *one, *within), after, limit)
    return found


def along(
    scope: Scope, names: Sequence[str], where: Conditions, after: Mark | None, limit: int
) -> list[Select[Any]]:
    """Return queries for the next rows of an order: everybody's, or each person's."""
    if scope.followed is None:
        return _next(scope, names, where, after, limit)
    columns, query = _columns(scope, names), light(scope.asof).where(*where)
    return [each_of(query, scope.followed, columns, after, limit)] if scope.followed else []


def _next(
    scope: Scope, names: Sequence[str], where: Conditions, after: Mark | None, limit: int
) -> list[Select[Any]]:
    return [ordered(light(scope.asof).where(*where), _columns(scope, names), after, limit)]


def _columns(scope: Scope, names: Sequence[str]) -> list[tuple[Any, bool]]:
    return [(getattr(Resource, name), scope.down) for name in names]


def each_of(
    query: Select[Any],
    whose: Sequence[UUID],
    columns: Sequence[tuple[Any, bool]],
    after: Mark | None,
    limit: int,
) -> Select[Any]:
    """Return the first rows of some people, of each along the index; planned once for all."""
    if len(whose) == 1:
        return ordered(query.where(Resource.patient_id == whose[0]), columns, after, limit)
    people = select(func.unnest(literal(whose, ARRAY(Uuid()))).label("id")).subquery("people")
    mine = query.where(Resource.patient_id == people.c.id)
    theirs = ordered(mine.correlate(people), columns, after, limit).lateral("theirs")
    rows = select(theirs).select_from(people.join(theirs, true()))
    order = [theirs.c[of.name].desc() if down else theirs.c[of.name] for of, down in columns]
    return rows.order_by(*order).limit(limit)


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


def _read(
    scope: Scope, names: Sequence[str], queries: Iterable[Select[Any]], limit: int
) -> list[Any]:
    """Return the next rows of some queries together."""
    found = [
        row for query in queries for row in scope.session.execute(with_newest(query, scope.asof))
    ]
    return sorted(found, key=lambda row: _key(row, names), reverse=scope.down)[:limit]


class Stored:
    """The shelf of one kind of received resource.

    Everybody's stand in the order in which they were received. A patient's Observations stand in
    the order in which they were measured, those without a time behind them; in that of arrival
    where a search goes by when they arrived.
    """

    def serves(self, scope: Scope, key: str) -> bool:
        """Return whether the shelf's own order is this one."""
        return key == ("date" if _measured(scope) else "_lastUpdated")

    def look(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        """Return the next rows."""
        tagged = after is not None and after[0] in (DATED_PLACE, UNDATED_PLACE)
        if not (tagged or (after is None and _measured(scope))):
            within = hull(Resource.received_at, scope.updated)
            rows = _read(scope, RECEIVED, arrived(scope, RECEIVED, within, after, limit), limit)
            return [_seen(row, _key(row, RECEIVED)) for row in rows]
        # What changed when is left to the walk here, which counts what it looks at.
        rest, found = after[1:] if after else None, list[Seen]()
        if after is None or after[0] == DATED_PLACE:
            rows = _read(scope, DATED, along(scope, DATED, measured(), rest, limit), limit)
            found, rest = [_seen(row, (DATED_PLACE, *_key(row, DATED))) for row in rows], None
        if (more := limit - len(found)) > 0:
            none = along(scope, RECEIVED, others(scope.kind), rest, more)
            rows = _read(scope, RECEIVED, none, more)
            found += [_seen(row, (UNDATED_PLACE, *_key(row, RECEIVED))) for row in rows]
        return found

    def pick(self, scope: Scope) -> list[Seen]:
        """Return the rows that the scope names by id."""
        named = Resource.id.in_(uuids(scope.ids or ()))
        query = light(scope.asof).where(of_kind(scope.kind), named)
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
    """Return whether they stand as they were measured: a patient's, unless arrival is asked for."""
    if scope.kind != OBSERVATION or scope.patients is None:
        return False
    return scope.sort[0].endswith("date") if scope.sort else not scope.updated


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
        date=row.effective or END,
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
