"""PostgreSQL's arrays as numpy's, without an object for each of their elements."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg.adapt import Loader
from psycopg.pq import Format

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg
    from numpy.typing import NDArray
    from psycopg.abc import Buffer

# How the server writes an array: so many dimensions, whether anything is null, what its elements
# are, how many, where they begin to count; then of each element its length, and so many bytes.
_HEADER, _LENGTH = 20, 4
_FIRST_DAY = date(2000, 1, 1)  # the server counts days and microseconds from here
_EPOCH_MICROSECONDS = int(datetime.fromisoformat("2000-01-01T00:00:00+00:00").timestamp()) * 10**6


def _elements(data: Buffer, kind: str) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return the elements of a one-dimensional array, and which of them are null, if any."""
    raw = bytes(data)
    size = np.dtype(kind).itemsize
    count = int.from_bytes(raw[12:16], "big") if len(raw) >= _HEADER else 0
    if len(raw) == _HEADER + count * (_LENGTH + size) or not count:
        found = np.frombuffer(
            raw, dtype=[("length", ">i4"), ("value", kind)], count=count, offset=min(20, len(raw))
        )
        return found["value"], None
    lengths = np.empty(count, dtype=np.int64)
    values = np.zeros(count, dtype=kind)
    if len(raw) == _HEADER + count * _LENGTH:
        return values, np.ones(count, dtype=np.bool_)
    at = _HEADER
    for i in range(count):
        lengths[i] = int.from_bytes(raw[at : at + _LENGTH], "big", signed=True)
        at += _LENGTH
        if lengths[i] > 0:
            values[i] = np.frombuffer(raw, dtype=kind, count=1, offset=at)[0]
            at += size
    return values, lengths < 0


def _floats(data: Buffer) -> NDArray[np.float64]:
    values, missing = _elements(data, ">f8")
    return _where(values.astype(np.float64), missing, np.nan)


def _seconds(data: Buffer) -> NDArray[np.float64]:
    """Return seconds since the epoch, as `datetime.timestamp` does."""
    values, missing = _elements(data, ">i8")
    return _where((values.astype(np.int64) + _EPOCH_MICROSECONDS) / 1e6, missing, np.nan)


def _integers(data: Buffer) -> NDArray[np.int64]:
    values, missing = _elements(data, ">i4")
    return _where(values.astype(np.int64), missing, 0)


def _ordinals(data: Buffer) -> NDArray[np.int64]:
    values, missing = _elements(data, ">i4")
    return _where(values.astype(np.int64) + _FIRST_DAY.toordinal(), missing, 0)


def _identities(data: Buffer) -> NDArray[np.void]:
    values, _ = _elements(data, "V16")
    return values


def _where(values: NDArray[Any], missing: NDArray[np.bool_] | None, instead: float) -> NDArray[Any]:
    if missing is not None:
        values[missing] = instead
    return values


def _loader(load: Callable[[Buffer], NDArray[Any]]) -> type[Loader]:
    return type(
        "ArrayLoader",
        (Loader,),
        {"format": Format.BINARY, "load": lambda _self, data: load(data)},
    )


_LOADERS = {
    "float8[]": _loader(_floats),
    "timestamptz[]": _loader(_seconds),
    "int4[]": _loader(_integers),
    "date[]": _loader(_ordinals),
    "uuid[]": _loader(_identities),
}


def as_numpy(cursor: psycopg.Cursor[Any]) -> None:
    """Have a cursor return arrays as numpy's.

    float8[] as float64 (null as NaN), timestamptz[] as float64 seconds since the epoch (NaN),
    int4[] as int64 (0), date[] as int64 proleptic ordinals (0), uuid[] as V16.
    """
    for name, loader in _LOADERS.items():
        oid = cursor.adapters.types[name.removesuffix("[]")].array_oid
        cursor.adapters.register_loader(oid, loader)
