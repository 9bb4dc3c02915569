"""One page of a search: rows looked at in order, up to a bound, and those that are meant.

A page may be short, or empty, where little of much is meant: the next link goes on from the
last row that was looked at, so that no request costs more than its bound (SEC-37).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from app.fhir_api.scope import (
    BATCH,
    COMPARED,
    EXAMINED,
    Mark,
    RefusedSearchError,
    Scope,
    Seen,
    Shelf,
    expired,
    too_costly,
    visible_among,
    within,
)
from app.fhir_api.sorting import in_order, is_sorted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from fhir.search_criteria import Criteria, Place

OPENED = 32 << 20  # bytes of parcels that one page opens, at least
PATIENCE = 4.0  # seconds after which a page ends with what it has
HELD, PORTION = 8 << 20, 100  # bytes of parcels, and rows, that are read at once
COUNTED = 10_000  # rows that a request for an exact number looks at
UNSORTED = (
    "_sort: more than {} would have to be put in this order:"
    " name a patient, a span of _lastUpdated, or no order"
)
UNCOUNTED = (
    "_total: too much would have to be compared to count it exactly:"
    " name a patient, a span of _lastUpdated, or ask for an estimate"
)


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
    """What one request may still look at: rows, bytes that must be opened, and until when."""

    rows: int
    weight: int
    until: float  # by the clock that only goes on

    @property
    def spent(self) -> bool:
        """Return whether it must end here."""
        return self.rows <= 0 or self.weight <= 0 or monotonic() > self.until

    def take(self, rows: Sequence[Seen], *, opened: bool = True) -> bool:
        """Count what was looked at; return whether it must end here."""
        self.rows -= len(rows)
        self.weight -= _weight(rows) if opened else 0
        return self.spent


def portions(rows: Sequence[Seen], most: int = PORTION) -> Iterator[list[Seen]]:
    """Return the rows in portions whose bodies can be held in memory together."""
    some: list[Seen] = []
    for row in rows:
        if some and (len(some) >= min(most, PORTION) or _weight([*some, row]) > HELD):
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
            return self._cut([self._sorted(self.shelf.pick(self.scope), after)], after, count)
        if not self._along_the_shelf:
            return self._cut([self._sorted(self._everything(), after)], after, count)
        if after is not None and is_sorted(after):  # of whom there were few then
            raise RefusedSearchError(expired())
        size = min(BATCH, 2 * count + 20)
        return self._cut(self._batches(self.scope, after, size), after, count)

    def _cut(self, batches: Iterable[list[Seen]], after: Mark | None, count: int) -> Page:
        """Return the first of some rows that are meant; a place is the last one looked at."""
        found: list[Hit] = []
        rows = min(EXAMINED, COMPARED) if self.criteria.wanted else EXAMINED
        budget = Budget(rows, OPENED, monotonic() + PATIENCE)
        for batch in batches:
            for some in portions(batch, PORTION if self.criteria.wanted else count):
                if len(found) == count:
                    return Page(tuple(found), after)
                meant = {hit.mark: hit for hit in self.sift(some)}
                for row in some:
                    if len(found) == count:
                        return Page(tuple(found), after)
                    after = row.mark
                    if row.mark in meant:
                        found.append(meant[row.mark])
                if budget.take(some):
                    return Page(tuple(found), after)
        return Page(tuple(found))

    def _batches(self, scope: Scope, after: Mark | None, size: int) -> Iterator[list[Seen]]:
        """Yield the rows of the shelf from a place on, in the order of a scope."""
        while rows := self.shelf.look(scope, after, size):
            yield rows
            if len(rows) < size:
                return
            after, size = rows[-1].mark, BATCH

    @property
    def _along_the_shelf(self) -> bool:
        """Return whether the shelf's own order is the one that is asked for."""
        sort = self.scope.sort
        key = sort[0].removeprefix("-") if sort else ""
        return not sort or (len(sort) == 1 and self.shelf.serves(self.scope, key))

    def _everything(self) -> list[Seen]:
        """Return all rows where they are few enough to be sorted; refuse where they are not."""
        found: list[Seen] = []
        for rows in self._batches(replace(self.scope, sort=()), None, BATCH):
            found += rows
            if len(found) > EXAMINED:
                raise too_costly(UNSORTED.format(EXAMINED))
        return found

    def total(self) -> int | None:
        """Return how many are meant, or None where that cannot be told within the bound."""
        if self.scope.ids is not None:
            return self._number(self.shelf.pick(self.scope))
        counted, budget = 0, Budget(COUNTED, OPENED, monotonic() + PATIENCE)
        for rows in self._batches(replace(self.scope, sort=()), None, BATCH):
            for some in portions(rows) if self.criteria.wanted else (rows,):
                if budget.spent:
                    return None
                counted += self._number(some)
                budget.take(some, opened=bool(self.criteria.wanted))
        return counted

    def _number(self, rows: Sequence[Seen]) -> int:
        if self.criteria.wanted:
            return sum(1 for _ in self.sift(rows))
        visible = self._visible(rows)
        return sum(1 for row in rows if self._may_fit(row, visible))

    def sift(self, rows: Sequence[Seen]) -> Iterator[Hit]:
        """Return those rows that are meant, by what the rows say and then by their content."""
        visible = self._visible(rows)
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

    def _sorted(self, rows: Sequence[Seen], after: Mark | None) -> list[Seen]:
        """Return what follows a place of few rows in the order asked for, by what the rows tell."""
        visible = self._visible(rows)
        likely = [row for row in rows if self._may_fit(row, visible)]
        return in_order(likely, self.scope.sort, after, asof=self.scope.asof)

    def _visible(self, rows: Sequence[Seen]) -> set[UUID]:
        whose = (row.patient_id for row in rows)
        return visible_among(self.scope.session, self.scope.caller, whose)


def counted(walk: Walk, *, exact: bool) -> int | None:
    """Return the number of what is meant; refuse where it must be exact and cannot be had."""
    total = walk.total()
    if total is None and exact:
        raise too_costly(UNCOUNTED)
    return total
