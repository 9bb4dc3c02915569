"""The shelf of what Wardlight itself says: rows of its own tables, written as FHIR when read."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from app.fhir_api.scope import EXAMINED, Mark, Scope, Seen, mark, ordered
from fhir.search_dates import END

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


class Rendered(ABC):
    """One kind of resource that is made from rows; a row is one resource, for ever."""

    order: tuple[str, ...]
    sorts: frozenset[str] = frozenset()  # the keys that its own order serves
    owned = True  # whether each row is somebody's

    def serves(self, scope: Scope, key: str) -> bool:  # noqa: ARG002 (one signature for all shelves)
        """Return whether its own order is the one by this key."""
        return key in self.sorts

    @abstractmethod
    def rows(self, scope: Scope) -> Select[Any]:
        """Return every row as of an instant."""

    @abstractmethod
    def of(self, scope: Scope, patient: UUID) -> Any:
        """Return the condition that a row is this patient's."""

    @abstractmethod
    def named(self, ids: frozenset[str]) -> Any:
        """Return the condition that a row has one of these ids."""

    @abstractmethod
    def column(self, name: str) -> Any:
        """Return a column of the order."""

    @abstractmethod
    def updated(self, row: Any) -> datetime:
        """Return when the resource last changed."""

    def dated(self, row: Any) -> datetime | None:  # noqa: ARG002 (some kinds have no date)
        """Return what `_sort=date` goes by: when the search parameter `date` begins."""
        return None

    @abstractmethod
    def render(self, session: Session, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the resources of some rows, without id and meta."""

    def worded(self, scope: Scope, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """Do the same, in the language of the scope where the kind has words."""
        return self.render(scope.session, rows)

    def owners(self, session: Session, rows: Sequence[Any]) -> Mapping[Any, UUID | None]:  # noqa: ARG002 (some kinds must look it up)
        """Return whose data each row is, by its id."""
        return {row.id: row.patient_id for row in rows}

    def identity(self, row: Any) -> str:
        """Return the id of the resource."""
        return str(row.id)

    def meant(self, row: Any) -> bool:  # noqa: ARG002 (some kinds leave rows out)
        """Return whether a row is a resource of this kind."""
        return True

    def look(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        """Return the next rows, newest first unless the other order is asked for."""
        columns = [(self.column(name), scope.down) for name in self.order]
        query = self.rows(scope)
        whose = scope.followed if self.owned or scope.patients is not None else None
        if whose is None:
            return self._seen(scope, ordered(query, columns, after, limit))
        found = [
            seen
            for each in whose
            for seen in self._seen(
                scope, ordered(query.where(self.of(scope, each)), columns, after, limit)
            )
        ]
        found.sort(key=lambda seen: self._key(seen.row), reverse=scope.down)
        return found[:limit]

    def pick(self, scope: Scope) -> list[Seen]:
        """Return the rows that the scope names by id."""
        query = self.rows(scope).where(self.named(scope.ids or frozenset()))
        return self._seen(scope, query.limit(EXAMINED))

    def bodies(self, scope: Scope, seen: Sequence[Seen]) -> list[bytes]:
        """Return the resources with id and meta."""
        written = self.worded(scope, [each.row for each in seen])
        return [_body(each, resource) for each, resource in zip(seen, written, strict=True)]

    def _seen(self, scope: Scope, query: Any) -> list[Seen]:
        rows = scope.session.scalars(query).all()
        owners = self.owners(scope.session, rows)
        return [
            Seen(
                self.identity(row),
                0,
                owners[row.id],
                self.updated(row),
                mark(*self._key(row)),
                row,
                date=self.dated(row) or END,
                meant=self.meant(row),
            )
            for row in rows
        ]

    def _key(self, row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self.order)


def _body(seen: Seen, written: dict[str, Any]) -> bytes:
    kind = {"resourceType": written["resourceType"]}
    meta = {"lastUpdated": seen.updated.isoformat()} | written.get("meta", {})
    ours = {"id": seen.id, "meta": meta}
    return json.dumps(kind | ours | written | ours, ensure_ascii=False).encode()


def reference(recipient: str) -> str:
    """Return a recipient's key as a reference, or "" where it is no resource."""
    kind, _, id_ = recipient.partition(":")
    named = {"practitioner": "Practitioner", "team": "CareTeam"}
    return f"{named[kind]}/{id_}" if id_ and kind in named else ""
