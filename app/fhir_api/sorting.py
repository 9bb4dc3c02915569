"""The order of few rows by what was asked for: where each stands, and what follows a place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from app.fhir_api.scope import Mark, RefusedSearchError, expired

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir_api.scope import Seen

TAG = "sorted"  # begins each mark of such an order, which none of a shelf's own begins with
_FIRST, _TICK = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_Place = tuple[tuple[int, ...], str, int]  # compares as the rows stand; id and version last


def in_order(
    rows: Sequence[Seen], sort: Sequence[str], after: Mark | None, *, asof: datetime
) -> list[Seen]:
    """Return what follows a mark, each with its own; where there is none any more, what would.

    What changed since the search began stands behind all else, whatever the direction: on a later
    page it may be seen twice, and is never left out.
    """
    past = None if after is None else _read(after, len(sort))
    placed = sorted(((_place(row, sort, asof), row) for row in rows), key=lambda each: each[0])
    return [
        replace(row, mark=_mark(place)) for place, row in placed if past is None or place > past
    ]


def is_sorted(after: Mark) -> bool:
    """Return whether a mark is of such an order."""
    return after[0] == TAG


def _place(row: Seen, sort: Sequence[str], asof: datetime) -> _Place:
    if sort and row.updated > asof:
        numbers = (1, _ticks(row.updated), *(0 for _ in sort[1:]))
    else:
        numbers = (0, *(_number(row, key) for key in sort))
    return numbers, row.id, row.version


def _number(row: Seen, key: str) -> int:
    ticks = _ticks(row.date if key.endswith("date") else row.updated)
    return -ticks if key.startswith("-") else ticks


def _ticks(moment: datetime) -> int:
    return (moment - _FIRST) // _TICK


def _mark(place: _Place) -> Mark:
    numbers, id_, version = place
    return (TAG, *map(str, numbers), id_, str(version))


def _read(mark: Mark, keys: int) -> _Place:
    if not is_sorted(mark) or len(mark) != keys + 4:
        raise RefusedSearchError(expired())
    _, *numbers, id_, version = mark
    return tuple(map(int, numbers)), id_, int(version)
