"""How much a search may look at, and in which order: bounded steps along an index (SEC-37)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from sqlalchemy import and_, or_, text, tuple_

from core.among import among
from fhir.outcome import refusal
from fhir.search_dates import BEGINNING, END, Prefix
from ingest.repository import visible_to
from ingest.tables import Patient
from monitoring.catalogue import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from core.security import Caller
    from fhir.outcome import Refusal
    from fhir.search_dates import Sought

EXAMINED = 5_000  # rows that one request looks at, or puts in an order
COMPARED = 2_000  # rows whose content one page compares, whatever it finds
BATCH = 500
MOST_PATIENTS = 100  # whose streams one search follows side by side
EXPIRED = "_page: this link is not valid any more; search again"
Mark = tuple[str, ...]  # a place in an order, as text


class RefusedSearchError(Exception):
    """A search that is not done; `refusal` says why."""

    def __init__(self, refused: Refusal) -> None:
        super().__init__(refused.issues[0].code)
        self.refusal = refused


def too_costly(what: str) -> RefusedSearchError:
    """Return the refusal of a search that cannot be done within its bounds."""
    return RefusedSearchError(refusal(400, "too-costly", what))


def expired() -> Refusal:
    """Return the refusal of a link that cannot be followed any more."""
    return refusal(410, "expired", EXPIRED)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one search may find: of which kind, of whom, as things stood at an instant.

    `patients` and `ids` are None where they do not narrow it down. `sees` is whom alone the second
    wall shows, where those are few: a search of nobody by name then follows theirs.
    """

    session: Session
    caller: Caller
    kind: str
    asof: datetime
    patients: frozenset[UUID] | None = None
    ids: frozenset[str] | None = None
    updated: tuple[tuple[Sought, ...], ...] = ()
    language: str = ENGLISH
    sort: tuple[str, ...] = ()  # the shelf's own order, newest first, where nothing is asked
    sees: frozenset[UUID] | None = None

    @property
    def down(self) -> bool:
        """Return whether the newest come first."""
        return not self.sort or self.sort[0].startswith("-")

    @property
    def people(self) -> list[UUID]:
        """Return the patients in one order; refuse more than can be followed side by side."""
        if len(self.patients or ()) > MOST_PATIENTS:
            raise too_costly(f"at most {MOST_PATIENTS} patients are searched at once")
        return sorted(self.patients or ())

    @property
    def followed(self) -> list[UUID] | None:
        """Return those whose rows are followed side by side; None where everybody's are."""
        if self.patients is not None:
            return self.people
        return None if self.sees is None else sorted(self.sees)


@dataclass(frozen=True, slots=True)
class Seen:
    """One row that was looked at, with its place in the order; `meant` is what the row tells."""

    id: str
    version: int
    patient_id: UUID | None
    updated: datetime
    mark: Mark
    row: Any
    date: datetime = END  # what `_sort=date` goes by; END where the resource has none
    meant: bool = True
    parcel: UUID | None = None  # what must be opened to read it, and at least how much that is
    weight: int = 0


class Shelf(Protocol):
    """Where the resources of one kind are kept or made from."""

    def serves(self, scope: Scope, key: str) -> bool:
        """Return whether its own order is the one by this key."""
        ...

    def look(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        """Return the next rows in the order of the scope, whether they are meant or not."""
        ...

    def pick(self, scope: Scope) -> list[Seen]:
        """Return the rows that the scope names by id."""
        ...

    def bodies(self, scope: Scope, seen: Sequence[Seen]) -> list[bytes]:
        """Return the resources of some rows, complete with id and meta."""
        ...


def ordered(
    query: Select[Any], columns: Sequence[tuple[Any, bool]], after: Mark | None, limit: int
) -> Select[Any]:
    """Return the next rows of a query after a mark; True beside a column is downwards."""
    if after is not None:
        if len(after) != len(columns):  # of a version whose order was another
            raise RefusedSearchError(expired())
        query = query.where(_beyond(columns, after))
    order = [column.desc() if down else column.asc() for column, down in columns]
    return query.order_by(*order).limit(limit)


def _beyond(columns: Sequence[tuple[Any, bool]], after: Mark) -> ColumnElement[bool]:
    place = [_value(column, text) for (column, _), text in zip(columns, after, strict=True)]
    ways = {down for _, down in columns}
    if len(ways) == 1:  # one comparison of rows, which an index answers
        whole = tuple_(*(column for column, _ in columns))
        return whole < tuple(place) if ways.pop() else whole > tuple(place)
    first, down = columns[0]
    steps = [
        and_(*(columns[j][0] == place[j] for j in range(i)), _past(*columns[i], place[i]))
        for i in range(len(columns))
    ]
    return and_(first <= place[0] if down else first >= place[0], or_(*steps))


def _past(column: Any, down: bool, value: Any) -> ColumnElement[bool]:  # noqa: FBT001 (a pair of the order)
    past: ColumnElement[bool] = column < value if down else column > value
    return past


def _value(column: Any, text: str) -> Any:
    of: Any = column.type.python_type
    return of.fromisoformat(text) if of is datetime else of(text)


def mark(*values: object) -> Mark:
    """Return a place in an order as text."""
    return tuple(each.isoformat() if isinstance(each, datetime) else str(each) for each in values)


def seen_behind_wall(session: Session) -> frozenset[UUID] | None:
    """Return whom alone the second wall shows, or None where there is none, or they are many."""
    shown = session.scalar(_SHOWN)
    return None if shown is None else frozenset(shown)


_SHOWN = text("""
    select case when cardinality(them) <= :most then them end
    from (select nullif(nullif(current_setting('wardlight.sees', true), ''), '*')::uuid[]) _ (them)
""").bindparams(most=MOST_PATIENTS)


def hull(column: Any, updated: Iterable[tuple[Sought, ...]]) -> list[ColumnElement[bool]]:
    """Return the bounds within which an instant must lie for all of some date conditions."""
    low, high = BEGINNING, END
    for any_of in updated:
        spans = [_reach(each) for each in any_of]
        low = max(low, min(start for start, _ in spans))
        high = min(high, max(end for _, end in spans))
    bounds = [column >= low] if low > BEGINNING else []
    return bounds + ([column < high] if high < END else [])


def _reach(sought: Sought) -> tuple[datetime, datetime]:
    start, end = sought.span.start, sought.span.end
    return {
        Prefix.EQ: (start, end),
        Prefix.AP: (start, end),
        Prefix.NE: (BEGINNING, END),
        Prefix.GT: (end, END),
        Prefix.SA: (end, END),
        Prefix.GE: (start, END),
        Prefix.LT: (BEGINNING, start),
        Prefix.EB: (BEGINNING, start),
        Prefix.LE: (BEGINNING, end),
    }[sought.prefix]


def within(updated: Iterable[tuple[Sought, ...]], moment: datetime) -> bool:
    """Return whether an instant lies as every condition says."""
    return all(any(_lies(each, moment) for each in any_of) for any_of in updated)


def _lies(sought: Sought, moment: datetime) -> bool:
    start, end = _reach(sought)
    inside = start <= moment < end
    if sought.prefix is Prefix.NE:
        return not sought.span.start <= moment < sought.span.end
    return inside


def visible_among(session: Session, caller: Caller, ids: Iterable[UUID | None]) -> set[UUID]:
    """Return those of some patients whom the caller may see (SEC-11)."""
    asked = {each for each in ids if each}
    if not asked:
        return set()
    return set(session.scalars(visible_to(caller).where(among(Patient.id, asked))))


def uuids(texts: Iterable[str]) -> list[UUID]:
    """Return those ids that can be ours; FHIR's other ids name nothing here."""
    found = []
    for each in texts:
        try:
            found.append(UUID(each))
        except ValueError:
            continue
    return found
