"""Turns TOML tables into frozen dataclasses, refusing what does not fit their types."""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def build(kind: type[T], table: Mapping[str, Any]) -> T:
    """Return `kind` made from a table.

    Raises
    ------
    TypeError
        For an unknown or missing field, or a value of another type.
    ValueError
        For a value that its enumeration does not have.
    """
    known = _hints(cast("Hashable", kind))
    if unknown := sorted(set(table) - set(known)):
        raise TypeError(f"unknown field {', '.join(unknown)}")
    missing = [
        each.name
        for each in fields(kind)  # type: ignore[arg-type]  # kind is a dataclass, as known here
        if each.default is MISSING and each.default_factory is MISSING and each.name not in table
    ]
    if missing:
        raise TypeError(f"missing field {', '.join(missing)}")
    return kind(**{name: _value(known[name], value, name) for name, value in table.items()})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _value(hint: Any, value: Any, name: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = next(arg for arg in get_args(hint) if arg is not type(None))
        return _value(inner, value, name)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            raise TypeError(f"{name} must be a list")
        return origin(_value(get_args(hint)[0], each, name) for each in value)
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise TypeError(f"{name} must be a table")
        return build(hint, value)  # type: ignore[arg-type]  # hint is a dataclass type
    return _plain(hint, value, name)


def _plain(hint: type[Any], value: Any, name: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if issubclass(hint, StrEnum) and isinstance(value, str):
        return hint(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise TypeError(f"{name} must be {hint.__name__}, not {value!r}")
    return value
