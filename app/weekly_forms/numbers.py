"""Every value of a team's week as one flat list, by the names that the report gives them.

It follows the report's own fields, so that what the report comes to hold is handed out too: a
table and a test need not be told. Spans are seconds, instants and days as ISO 8601 has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from reports.rates import Rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.weekly import Report

WHO = "patient_id"
SECONDS = "s"
Plain = int | float | str


@dataclass(frozen=True, slots=True)
class Number:
    """One value: of which part, which line in it, of whom, and what it is."""

    part: str
    line: str
    who: UUID | None
    name: str
    value: Plain | None
    of: int | None = None  # what a rate is out of
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    part: str
    line: str = ""
    who: UUID | None = None
    name: str = ""

    def under(self, key: str) -> _Place:
        """Return the place of one line here; a line within a line names both."""
        return replace(self, line=f"{self.line}/{key}" if self.line else key)


def numbers(report: Report) -> list[Number]:
    """Return what a report holds, in the order of its fields."""
    return [each for name in _names(report) for each in _of(getattr(report, name), _Place(name))]


def _names(value: Any) -> list[str]:
    return [each.name for each in fields(value)]


def _of(value: Any, at: _Place) -> Iterator[Number]:
    if isinstance(value, Rate):
        yield Number(at.part, at.line, at.who, at.name, value.hits, value.of)
    elif isinstance(value, Mapping):
        for key in sorted(value, key=_plain_text):
            yield from _of(value[key], at.under(_plain_text(key)))
    elif isinstance(value, tuple | list | frozenset | set):
        for number, each in enumerate(value, 1):
            yield from _of_one(each, at, number)
    elif is_dataclass(value):
        yield from _of_fields(value, at)
    else:
        plain, unit = _plain(value)
        yield Number(at.part, at.line, at.who, at.name, plain, unit=unit)


def _of_one(value: Any, at: _Place, number: int) -> Iterator[Number]:
    """Yield what one of a list holds; a lone id is somebody who is in it."""
    if isinstance(value, UUID):
        yield Number(at.part, at.under(str(value)).line, value, at.name or "listed", 1)
    elif is_dataclass(value) and not isinstance(value, Rate):
        yield from _of_fields(value, at.under(_key(value) or str(number)))
    else:
        yield from _of(value, at.under(str(number)))


def _of_fields(value: Any, at: _Place) -> Iterator[Number]:
    who = getattr(value, WHO, None) or at.who
    for name in _names(value):
        inner = getattr(value, name)
        if name == WHO or (at.line and _plain_text(inner) == at.line.rpartition("/")[2]):
            continue  # it says whose line it is
        under = f"{at.name}.{name}" if at.name else name
        if _many(inner) or (is_dataclass(inner) and not isinstance(inner, Rate)):
            part = f"{at.part}.{under}"
            yield from _of(inner, _Place(part, at.line, who))
        else:
            yield from _of(inner, _Place(at.part, at.line, who, under))


def _many(value: Any) -> bool:
    return isinstance(value, Mapping | tuple | list | frozenset | set)


def _key(value: Any) -> str:
    """Return what tells a line from the others: its id, whom it is of, its tier or its kind."""
    for name in ("id", WHO):
        if isinstance(found := getattr(value, name, None), UUID):
            return str(found)
    for name in _names(value):
        if isinstance(found := getattr(value, name), Enum):
            return str(found.value)
    return ""


def _plain_text(value: Any) -> str:
    return str(_plain(value)[0])


def _plain(value: Any) -> tuple[Plain | None, str]:
    """Return a value as a cell holds it, and its unit where it has one."""
    if isinstance(value, timedelta):
        return value.total_seconds(), SECONDS
    if isinstance(value, datetime | date):
        return value.isoformat(), ""
    if isinstance(value, Enum):
        return str(value.value), ""
    if isinstance(value, bool):
        return int(value), ""
    if value is None or isinstance(value, int | float | str):
        return value, ""
    return str(value), ""
