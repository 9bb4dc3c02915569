"""Queries of the search: stored resources as they stood at one instant, in one order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select, tuple_
from sqlalchemy.orm import aliased

from fhir.search_dates import Prefix
from fhir.search_tokens import OBSERVATION_STATUS
from fhir.stamp import plain
from ingest.archive.repository import bodies, name_keys
from ingest.numbers.repository import called, clinicians_called
from ingest.receipt import Name
from ingest.repository import visible_to
from ingest.tables import Client, Patient, Resource, ResourceIdentifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from core.security import Caller
    from fhir.search_dates import Sought
    from fhir.search_parameters import Criteria
    from fhir.search_tokens import Token

BATCH = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """One resource that was found: its bytes, whose it is, and where it stands in the order."""

    kind: str
    id: UUID
    version: int
    patient_id: UUID | None
    updated: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class After:
    """The last place that was looked at."""

    key: datetime
    id: UUID


def patients_called(session: Session, caller: Caller, tokens: Sequence[Token]) -> set[UUID]:
    """Return the visible patients whose identifier is one of these (SEC-11)."""
    found = {id_ for t in tokens for id_ in called(session, t.system, t.code or "")}
    query = select(Patient.id).where(Patient.id.in_(found), Patient.id.in_(visible_to(caller)))
    return set(session.scalars(query))


def stored(
    session: Session,
    caller: Caller,
    criteria: Criteria,
    patients: Iterable[set[UUID]],
    *,
    asof: datetime,
) -> Select[Any]:
    """Return the query of what can be meant, without order: its content may say otherwise.

    The newest version as of an instant: what arrives later does not move what a client is
    paging through (FHIR-12).
    """
    newer = aliased(Resource)
    later = exists().where(
        newer.type == Resource.type,
        newer.id == Resource.id,
        newer.version > Resource.version,
        newer.received_at <= asof,
    )
    seen = Resource.patient_id.is_(None) | Resource.patient_id.in_(visible_to(caller))
    wheres = [Resource.type == criteria.kind, Resource.received_at <= asof, ~later, seen]
    wheres += [Resource.patient_id.in_(wanted) for wanted in patients]
    wheres += [Resource.id.in_(uuids(ids)) for ids in criteria.ids]
    wheres += [or_(*(within(Resource.received_at, each) for each in u)) for u in criteria.updated]
    for wanted in criteria.tokens.get("status", ()):
        wheres.append(Resource.status.in_(_statuses(wanted)) | _any_status(wanted))
    return select(Resource).where(*wheres, *_named(session, criteria))


def _statuses(tokens: Iterable[Token]) -> list[str]:
    return [t.code for t in tokens if t.code and t.system in (None, OBSERVATION_STATUS)]


def _any_status(tokens: Iterable[Token]) -> bool:
    return any(t.code is None and t.system == OBSERVATION_STATUS for t in tokens)


def _named(session: Session, criteria: Criteria) -> list[ColumnElement[bool]]:
    """Narrow down by the tables of names; the content itself is compared afterwards.

    Where a token names no system its key cannot be known: then only the content says.
    """
    found: list[ColumnElement[bool]] = []
    for wanted in criteria.tokens.get("identifier", ()):
        values = [token.code for token in wanted if token.code]
        if len(values) < len(wanted):
            continue
        if criteria.kind == "Patient":
            owners = {id_ for value in values for id_ in called(session, None, value)}
            found.append(Resource.id.in_(owners))
        elif all(token.system for token in wanted):
            names = [Name(criteria.kind, str(t.system), str(t.code)) for t in wanted]
            clients = session.scalars(select(Client.id)).all()
            keys = [key for each in clients for key in name_keys(session, each, names)]
            named = select(ResourceIdentifier.resource_id).where(ResourceIdentifier.key.in_(keys))
            shared = clinicians_called(session, values) if criteria.kind == "Practitioner" else ()
            found.append(Resource.id.in_(named) | Resource.id.in_(shared))
    return found


def uuids(texts: Iterable[str]) -> list[UUID]:
    """Return those ids that can be ours; FHIR's other ids name nothing here."""
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def within(column: InstrumentedAttribute[datetime], sought: Sought) -> ColumnElement[bool]:
    """Return how an instant lies to a span: the prefixes of a date, for a point in time."""
    start, end = sought.span.start, sought.span.end
    inside = and_(column >= start, column < end)
    return {
        Prefix.EQ: inside,
        Prefix.NE: ~inside,
        Prefix.GT: column >= end,
        Prefix.LT: column < start,
        Prefix.GE: column >= start,
        Prefix.LE: column < end,
        Prefix.SA: column >= end,
        Prefix.EB: column < start,
    }[sought.prefix]


def keyset(
    query: Select[Any],
    columns: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[UUID]],
    after: After | None,
    *,
    down: bool = True,
    limit: int = BATCH,
) -> Select[Any]:
    """Return the rows that stand after a place, in the order of an instant and then the id."""
    key, id_ = columns
    if after is not None:
        place = tuple_(key, id_)
        at = (after.key, after.id)
        query = query.where(place < at if down else place > at)
    order = (key.desc(), id_.desc()) if down else (key.asc(), id_.asc())
    return query.order_by(*order).limit(limit)


def hits(session: Session, query: Select[Any]) -> list[Hit]:
    """Return the resources of a query with their received bytes."""
    rows = session.scalars(query).all()
    return [
        Hit(row.type, row.id, row.version, row.patient_id, row.received_at, plain(body))
        for row, body in zip(rows, bodies(session, rows), strict=True)
    ]
