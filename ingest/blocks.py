"""A person's readings as arrays, without an object for each: what a judgement is made of.

Those that are alike in all but time, value and name lie together in one block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from core.vitals import Precision, Quality, Reading, Vital

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Ids = NDArray[Any]  # of strings, or of `STORED`

# The parts of a stored reading's name; its vital is that of the block.
STORED = np.dtype([("resource", "V16"), ("version", "<i8"), ("ordinal", "<i8")])


class Alike(NamedTuple):
    """What all readings of a block have in common."""

    vital: Vital
    quality: Quality
    precision: Precision
    comparator: str = ""
    device: str = ""
    history: bool = False
    site: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Readings that are alike, in any order.

    Attributes
    ----------
    effective, received, until : float64[n]
        Seconds since the epoch; `until` NaN where none was said.
    values : float64[n]
        In the canonical unit; NaN where nothing was measured.
    days : int64[n]
        Ordinals of the local days that were named; 0 where none was.
    ids : object[n] or STORED[n]
        Names of the readings; `name_of` reads them.
    stands_for : int64[n]
        In medians of days (`ingest.rollup`).
    """

    alike: Alike
    effective: Floats
    received: Floats
    until: Floats
    values: Floats
    days: Ints
    ids: Ids
    stands_for: Ints

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.effective)

    def part(self, rows: Bools) -> Block:
        """Return the readings of bool[n]."""
        return Block(
            self.alike,
            self.effective[rows],
            self.received[rows],
            self.until[rows],
            self.values[rows],
            self.days[rows],
            self.ids[rows],
            self.stands_for[rows],
        )

    def names(self) -> Iterator[str]:
        """Yield what each reading is called."""
        return (name_of(self.ids, i, self.alike.vital) for i in range(len(self)))


def name_of(ids: Ids, i: int, vital: Vital) -> str:
    """Return what a reading is called: `<Observation>/<version>/<vital>`."""
    found = ids[i]
    if ids.dtype != STORED:
        return str(found)
    beside = f"/{found['ordinal']}" if found["ordinal"] else ""
    return f"{UUID(bytes=found['resource'].tobytes())}/{found['version']}/{vital}{beside}"


def in_order(block: Block) -> Ids:
    """Return the names of a block in an order that hangs on nothing but them."""
    ids = block.ids
    if ids.dtype != STORED:
        return np.sort(ids)
    high, low = np.ascontiguousarray(ids["resource"]).view(">u8").reshape(-1, 2).T
    return ids[np.lexsort((ids["ordinal"], ids["version"], low, high))]


def blocks_of(readings: Iterable[Reading]) -> list[Block]:
    """Return readings as blocks."""
    alike: dict[Alike, list[Reading]] = {}
    for r in readings:
        key = Alike(r.vital, r.quality, r.precision, r.comparator, r.device, r.history, r.site)
        alike.setdefault(key, []).append(r)
    return [_block(key, listed) for key, listed in alike.items()]


def _block(alike: Alike, readings: Sequence[Reading]) -> Block:
    ids = np.empty(len(readings), dtype=np.object_)
    ids[:] = [r.id for r in readings]
    return Block(
        alike,
        _floats(r.effective.timestamp() for r in readings),
        _floats(r.received.timestamp() for r in readings),
        _floats(np.nan if r.until is None else r.until.timestamp() for r in readings),
        _floats(np.nan if r.value is None else r.value for r in readings),
        _ints(0 if r.local_day is None else r.local_day.toordinal() for r in readings),
        ids,
        _ints(r.stands_for for r in readings),
    )


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, dtype=np.float64)


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)
