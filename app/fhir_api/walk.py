"""One page of a search: rows looked at in order, up to a bound, and those that are meant.

A page may be short, or empty, where little of much is meant: the next link goes on from the
last row that was looked at, so that no request costs more than its bound (SEC-37).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from app.fhir_api.scope import (
    BATCH,
    EXAMINED,
    Mark,
    Scope,
    Seen,
    Shelf,
    too_costly,
    visible_among,
    within,
)
from fhir.search_dates import END, span_in
from fhir.search_fields import FIELDS, nodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from fhir.search_criteria import Criteria, Place

OPENED = 128 << 20  # bytes of parcels that one page opens, at least
HELD, PORTION = 8 << 20, 100  # bytes of parcels, and rows, that are read at once
COUNTED = 20_000  # rows that a request for an exact number looks at
TOO_MUCH = "too much would have to be compared: name a patient, or a span of _lastUpdated"


@dataclass(frozen=True, slots=True)
class Hit:
    """One resource that was found: its bytes, whose it is, and where it stands in the order."""

    kind: str
    id: str
    version: int
    patient_id: UUID | None
    updated: datetime
    mark: Mark
    body: bytes
    row: Any = None  # of its table


@dataclass(frozen=True, slots=True)
class Page:
    """What belongs on a page; `rest` is the last place that was looked at, where more follows."""

    hits: tuple[Hit, ...]
    rest: Mark | None = None


@dataclass(slots=True)
class Budget:
    """What one page may still look at, in rows and in bytes that must be opened."""

    rows: int = 0
    weight: int = 0

    @property
    def spent(self) -> bool:
        """Return whether the page must end here."""
        return self.rows >= EXAMINED or self.weight >= OPENED

    def take(self, rows: Sequence[Seen]) -> bool:
        """Count what was looked at; return whether the page must end here."""
        self.rows += len(rows)
        self.weight += _weight(rows)
        return self.spent


def portions(rows: Sequence[Seen]) -> Iterator[list[Seen]]:
    """Return the rows in portions whose bodies can be held in memory together."""
    some: list[Seen] = []
    for row in rows:
        if some and (len(some) == PORTION or _weight([*some, row]) > HELD):
            yield some
            some = []
        some.append(row)
    if some:
        yield some


def _weight(rows: Sequence[Seen]) -> int:
    parcels: dict[UUID | None, int] = {}
    for row in rows:
        parcels[row.parcel] = max(parcels.get(row.parcel, 0), row.weight)
    return sum(parcels.values())


@dataclass(frozen=True, slots=True)
class Walk:
    """One search along one shelf."""

    shelf: Shelf
    scope: Scope
    criteria: Criteria
    place: Place

    def page(self, after: Mark | None, count: int) -> Page:
        """Return the next page of at most `count`, looking at no more rows than its bound."""
        if self.scope.ids is not None:
            return self._sorted(self.shelf.pick(self.scope), after, count)
        if not self._along_the_shelf:
            return self._sorted(self._everything(), after, count)
        found: list[Hit] = []
        size, budget = min(BATCH, 2 * count + 20), Budget()
        while not budget.spent:
            rows = self.shelf.look(self.scope, after, size)
            for some in portions(rows):
                meant = {hit.mark: hit for hit in self.sift(some)}
                for row in some:
                    if len(found) == count:
                        return Page(tuple(found), after)
                    after = row.mark
                    if row.mark in meant:
                        found.append(meant[row.mark])
                if budget.take(some):
                    return Page(tuple(found), after)
            if len(rows) < size:
                return Page(tuple(found))
            size = BATCH
        return Page(tuple(found), after)

    @property
    def _along_the_shelf(self) -> bool:
        """Return whether the shelf's own order is the one that is asked for."""
        sort = self.scope.sort
        key = sort[0].removeprefix("-") if sort else ""
        return not sort or (len(sort) == 1 and self.shelf.serves(self.scope, key))

    def _everything(self) -> list[Seen]:
        """Return all rows where they are few enough to be sorted; refuse where they are not."""
        scope, found = replace(self.scope, sort=()), list[Seen]()
        while (size := min(BATCH, EXAMINED + 1 - len(found))) > 0:
            rows = self.shelf.look(scope, found[-1].mark if found else None, size)
            found += rows
            if len(rows) < size:
                return found
        raise too_costly(TOO_MUCH)

    def total(self) -> int | None:
        """Return how many are meant, or None where that cannot be told within the bound."""
        if self.scope.ids is not None:
            return self._number(self.shelf.pick(self.scope))
        scope, counted, after = replace(self.scope, sort=()), 0, None
        for _ in range(COUNTED // BATCH):
            rows = self.shelf.look(scope, after, BATCH)
            counted += self._number(rows)
            if len(rows) < BATCH:
                return counted
            after = rows[-1].mark
        return None

    def _number(self, rows: Sequence[Seen]) -> int:
        if self.criteria.wanted:
            return sum(1 for _ in self.sift(rows))
        whose = (row.patient_id for row in rows)
        visible = visible_among(self.scope.session, self.scope.caller, whose)
        return sum(1 for row in rows if self._may_fit(row, visible))

    def sift(self, rows: Sequence[Seen]) -> Iterator[Hit]:
        """Return those rows that are meant, by what the rows say and then by their content."""
        visible = visible_among(
            self.scope.session, self.scope.caller, (row.patient_id for row in rows)
        )
        likely = [row for row in rows if self._may_fit(row, visible)]
        for some in portions(likely):
            for row, body in zip(some, self.shelf.bodies(self.scope, some), strict=True):
                if not self.criteria.wanted or self._fits(body):
                    yield self._hit(row, body)

    def _hit(self, row: Seen, body: bytes) -> Hit:
        kind, mark = self.scope.kind, row.mark
        return Hit(kind, row.id, row.version, row.patient_id, row.updated, mark, body, row.row)

    def _may_fit(self, row: Seen, visible: set[UUID]) -> bool:
        scope = self.scope
        return (
            row.meant
            and (row.patient_id is None or row.patient_id in visible)
            and (scope.patients is None or row.patient_id in scope.patients)
            and (scope.ids is None or row.id in scope.ids)
            and within(scope.updated, row.updated)
        )

    def _fits(self, body: bytes) -> bool:
        return self.criteria.fits(msgspec.json.decode(body), self.place)

    def _sorted(self, rows: Sequence[Seen], after: Mark | None, count: int) -> Page:
        """Page through few rows by sorting them; a place is the last one that was shown."""
        hits = sorted(self.sift(rows), key=lambda hit: (hit.id, hit.version))
        for key in reversed(self.scope.sort):
            hits.sort(key=self._key(key.removeprefix("-")), reverse=key.startswith("-"))
        hits = [replace(hit, mark=(hit.id, str(hit.version))) for hit in hits]
        marks = [hit.mark for hit in hits]
        start = marks.index(after) + 1 if after in marks else 0
        page = hits[start : start + count]
        rest = page[-1].mark if page and start + count < len(hits) else None
        return Page(tuple(page), rest)

    def _key(self, name: str) -> Any:
        return self._date if name == "date" else (lambda hit: hit.updated)

    def _date(self, hit: Hit) -> datetime:
        resource = msgspec.json.decode(hit.body)
        paths = FIELDS[hit.kind]["date"].paths
        spans = (span_in(each, self.place.zone) for path in paths for each in nodes(resource, path))
        return next((span.start for span in spans if span), END)


def counted(walk: Walk, *, exact: bool) -> int | None:
    """Return the number of what is meant; refuse where it must be exact and cannot be had."""
    total = walk.total()
    if total is None and exact:
        raise too_costly(TOO_MUCH)
    return total
