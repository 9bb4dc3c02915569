"""Frozen values to JSON and back: what a report said stays readable by the next program; pure.

Each value says what it is: dataclasses and enums by where they are defined, ids, times and spans
by a mark. What this program does not know any more is refused, and so is what lacks a field; only
one whose default is None may be absent, since None says that it is not known.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from importlib import import_module
from math import isfinite
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from core.errors import WardlightError

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = 1  # of what the fields mean: raised where one of the same name comes to say another thing
ROOMS = ("core.", "fhir.", "ingest.", "monitoring.", "alerts.", "reports.")
CLASS, ENUM, UUID_, INSTANT, DAY, SPAN, ZONE, MAP, SET, NUMBER = (
    f"~{mark}" for mark in ("", "e", "u", "t", "d", "us", "z", "m", "f", "n")
)
_MICROSECOND = timedelta(microseconds=1)


class UnreadableError(WardlightError):
    """A stored value is of another program, older or newer, or was changed since."""


def encode(value: Any) -> Any:
    """Return a value as JSON; raise `TypeError` for one of no known kind."""
    if is_dataclass(value) and not isinstance(value, type):
        kept = {each.name: encode(getattr(value, each.name)) for each in fields(value)}
        return {CLASS: _name(type(value)), **kept}
    if isinstance(value, Enum):
        return {ENUM: _name(type(value)), "v": value.value}
    if value is None or isinstance(value, bool | int | str):
        return value
    write = next((write for kind, write in _WRITE if isinstance(value, kind)), None)
    if write is None:
        raise TypeError(f"a report may hold no {type(value).__name__}")
    return write(value)


def _name(kind: type) -> str:
    if not kind.__module__.startswith(ROOMS):
        raise TypeError(f"a report may hold no {kind.__module__}.{kind.__qualname__}")
    return f"{kind.__module__}:{kind.__qualname__}"


def _number(value: float) -> Any:
    # JSON has no infinities, and a database may give a whole number back as an integer.
    plain = isfinite(value) and abs(value) < 2**53
    return value if plain and not value.is_integer() else {NUMBER: repr(value)}


def _set(value: Any) -> Any:
    return {SET: sorted((encode(each) for each in value), key=json.dumps)}


# A datetime is a date too: the more special stands first.
_WRITE: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (float, _number),
    (UUID, lambda value: {UUID_: str(value)}),
    (datetime, lambda value: {INSTANT: value.astimezone(UTC).isoformat()}),
    (date, lambda value: {DAY: value.isoformat()}),
    (timedelta, lambda value: {SPAN: value // _MICROSECOND}),
    (ZoneInfo, lambda value: {ZONE: value.key}),
    ((frozenset, set), _set),
    ((tuple, list), lambda value: [encode(each) for each in value]),
    (dict, lambda value: {MAP: [[encode(k), encode(v)] for k, v in value.items()]}),
)


def decode(value: Any) -> Any:
    """Return what `encode` was given; lists come back as tuples.

    Raises `UnreadableError`.
    """
    try:
        return _decoded(value)
    except (ValueError, TypeError, LookupError, AttributeError, ImportError) as error:
        raise UnreadableError("a stored report is of another program") from error


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_decoded, value))
    if not isinstance(value, dict):
        return value
    if CLASS in value:
        return _made(value)
    if ENUM in value:
        return _known(value[ENUM])(value["v"])
    ((mark, held),) = value.items()
    return _READ[mark](held)


def _made(value: dict[str, Any]) -> Any:
    kind = _known(value[CLASS])
    given = {name: _decoded(held) for name, held in value.items() if name != CLASS}
    named = {each.name for each in fields(kind)}
    may_lack = {each.name for each in fields(kind) if each.default is None}
    if given.keys() - named or named - given.keys() - may_lack:
        raise ValueError("other fields")
    return kind(**given)


_READ: dict[str, Callable[[Any], Any]] = {
    NUMBER: float,
    UUID_: UUID,
    INSTANT: datetime.fromisoformat,
    DAY: date.fromisoformat,
    SPAN: lambda held: held * _MICROSECOND,
    ZONE: ZoneInfo,
    SET: lambda held: frozenset(map(_decoded, held)),
    MAP: lambda held: {_decoded(key): _decoded(each) for key, each in held},
}


@cache
def _known(name: str) -> Any:
    """Return a dataclass or an enum of ours by its name, and nothing else."""
    module, _, path = name.partition(":")
    if not module.startswith(ROOMS):
        raise ValueError("not of ours")
    found: Any = import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if not (isinstance(found, type) and (is_dataclass(found) or issubclass(found, Enum))):
        raise ValueError("neither a dataclass nor an enum")
    return found


def digest(encoded: Any) -> str:
    """Return the hash of an encoded value, however a database ordered its keys."""
    text = json.dumps(encoded, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
