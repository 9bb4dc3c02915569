"""Where each stored version came from, as Provenance: its id says which version it is about."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select, tuple_

from app.fhir_api.scope import EXAMINED, Mark, Scope, Seen, hull, mark, visible_among
from app.fhir_api.stored import LIGHT, Stored, arrived
from app.fhir_api.walk import Hit
from core.among import each_among
from fhir.provenance import Sent, provenance, provenance_id
from fhir.search_kinds import STORED_KINDS
from ingest.tables import Client, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

_ID = re.compile(
    rf"(?P<type>{'|'.join(STORED_KINDS)})-(?P<id>[0-9a-f-]{{36}})-(?P<version>\d{{1,9}})"
)
STORED = Stored()
ORDER = ("received_at", "type", "id", "version")


class Origins:
    """Every version of every received resource, in the order in which they arrived."""

    def serves(self, scope: Scope, key: str) -> bool:
        """Return whether its own order is the one by this key: a patient's stand by kind."""
        return key in ("date", "_lastUpdated") and scope.patients is None

    def look(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        """Return the next versions, newest first unless the other order is asked for."""
        if scope.patients is not None:
            return self._kind_by_kind(scope, after, limit)
        within = hull(Resource.received_at, scope.updated)
        found = [
            _seen(row, _key(row))
            for kind in STORED_KINDS
            for query in arrived(replace(scope, kind=kind), ORDER, within, after, limit)
            for row in scope.session.execute(query)
        ]
        found.sort(key=lambda seen: _key(seen.row), reverse=scope.down)
        return found[:limit]

    def _kind_by_kind(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        first, place = (int(after[0]), after[1:]) if after else (0, None)
        found: list[Seen] = []
        for number, kind in enumerate(STORED_KINDS):
            if number < first or len(found) == limit:
                continue
            there = place if number == first else None
            rows = STORED.look(replace(scope, kind=kind), there, limit - len(found))
            found += [_seen(row.row, (number, *row.mark)) for row in rows]
        return found

    def pick(self, scope: Scope) -> list[Seen]:
        """Return the versions that are named by the id of their Provenance."""
        read = [found for each in scope.ids or () if (found := _ID.fullmatch(each))]
        keys = [(f["type"], UUID(f["id"]), int(f["version"])) for f in read if _is_uuid(f["id"])]
        if not keys:
            return []
        whole = tuple_(Resource.type, Resource.id, Resource.version)
        return [
            _seen(row, _key(row))
            for row in scope.session.execute(_versions(scope).where(whole.in_(keys)))
        ]

    def bodies(self, scope: Scope, seen: Sequence[Seen]) -> list[bytes]:
        """Return the resources."""
        names = _names(scope.session, {each.row.client_id for each in seen})
        return [_body(each, names.get(each.row.client_id, "")) for each in seen]


def of_resources(scope: Scope, keys: Iterable[tuple[str, str]], most: int) -> list[Hit]:
    """Return the Provenance of every version of some resources that the caller may see."""
    pairs = [(kind, UUID(id_)) for kind, id_ in keys]
    if not pairs:
        return []
    query = _versions(scope).where(tuple_(Resource.type, Resource.id).in_(pairs)).limit(most)
    seen = [_seen(row, _key(row)) for row in scope.session.execute(query)]
    visible = visible_among(scope.session, scope.caller, (each.patient_id for each in seen))
    seen = [each for each in seen if each.patient_id is None or each.patient_id in visible]
    bodies = Origins().bodies(replace(scope, kind="Provenance"), seen)
    return [
        Hit("Provenance", each.id, 0, each.patient_id, each.updated, each.mark, body)
        for each, body in zip(seen, bodies, strict=True)
    ]


def _versions(scope: Scope) -> Any:
    return select(*LIGHT).where(Resource.received_at <= scope.asof).limit(EXAMINED)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _seen(row: Any, place: tuple[Any, ...]) -> Seen:
    return Seen(
        provenance_id(row.type, str(row.id), row.version),
        0,
        row.patient_id,
        row.received_at,
        mark(*place),
        row,
        date=row.received_at,
    )


def _key(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in ORDER)


def _names(session: Session, ids: set[UUID | None]) -> dict[UUID | None, str]:
    query = select(Client.id, Client.name).where(
        each_among(Client.id, {each for each in ids if each})
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _body(seen: Seen, name: str) -> bytes:
    row = seen.row
    sent = Sent(row.type, str(row.id), row.version, str(row.client_id or ""), name)
    written = provenance(sent, recorded=row.received_at)
    kind = {"resourceType": "Provenance", "id": seen.id}
    meta = {"meta": {"lastUpdated": seen.updated.isoformat()}}
    return json.dumps(kind | meta | written, ensure_ascii=False).encode()
