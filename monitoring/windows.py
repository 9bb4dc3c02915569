"""A person's readings as arrays, and what of them was known at one instant.

Live assessment, `wardlight replay` and the lab all look through `cut`: nothing that was
measured or received later can reach a rule or a score.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.vitals import Precision, Quality, Vital
from ingest.blocks import blocks_of, name_of
from monitoring.arranged import MOMENT, contacts_of, scored, series_of, times_of
from monitoring.local_time import local_day, zone_of
from monitoring.series import DAY, Series, cut_series, make_series

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from datetime import tzinfo

    from core.vitals import Reading
    from ingest.blocks import Block
    from ingest.enrolment import Person
    from monitoring.screen import Gate, Screen
    from monitoring.series import Floats

__all__ = [
    "DAY",
    "MOMENT",
    "History",
    "Kept",
    "Series",
    "arranged",
    "cut",
    "history",
    "local_day",
    "make_series",
    "zone_of",
]

KEPT = (Quality.IMPLAUSIBLE, Quality.UNIT_UNSURE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A reading that no average may use: a bound of a meter, or a value outside the range."""

    id: str
    vital: Vital
    value: float
    comparator: str
    quality: Quality
    time: float
    day: int
    received: float
    device: str = ""


@dataclass(frozen=True, slots=True)
class Skew:
    """How far a device's clock was ahead (seconds), and when that came to be known.

    Its gateway read it; or a reading was that old when it arrived (`of_reading`), which may
    also be a reading that nobody sent until then.
    """

    device: str
    ahead: float
    at: float
    of_reading: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Everything about one person that a judgement may use."""

    person: Person
    series: Mapping[Vital, Series]
    bounds: tuple[Kept, ...] = ()
    kept: tuple[Kept, ...] = ()
    ahead: tuple[Kept, ...] = ()  # dated in the future: known from when they arrived
    contacts: Floats = field(default_factory=lambda: np.empty(0))  # any stream, ascending
    contacts_received: Floats = field(default_factory=lambda: np.empty(0))
    frozen: tuple[tuple[float, float], ...] = ()  # spans with an open episode
    twice: tuple[tuple[Kept, Kept], ...] = ()  # one measurement that came by two paths
    skews: tuple[Skew, ...] = ()  # of devices' clocks
    until: float = math.inf  # nothing later is known
    screen: Screen | None = None  # what may not teach a baseline; None: nothing is doubted
    # What was found once for many instants: a cut of this history shares it.
    told: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)


def history(
    person: Person,
    readings: Iterable[Reading],
    frozen: Iterable[tuple[float, float]] = (),
    *,
    gate: Gate | None = None,
    skews: Iterable[Skew] = (),
) -> History:
    """Arrange readings, in any order, as arrays; `arranged` says how."""
    return arranged(person, blocks_of(readings), frozen, gate=gate, skews=skews)


def arranged(
    person: Person,
    blocks: Iterable[Block],
    frozen: Iterable[tuple[float, float]] = (),
    *,
    gate: Gate | None = None,
    skews: Iterable[Skew] = (),
) -> History:
    """Arrange readings that are blocks already, in any order.

    Bounds and implausible values are kept aside; each reading but a withdrawn one is contact.
    Without a gate every scored reading teaches the baselines, and no device is told apart.
    """
    zone = zone_of(person.zone)
    known = [block for block in blocks if block.alike.quality is not Quality.WITHDRAWN]
    series = {
        vital: series_of(some, zone, gate.manner(vital) if gate else None)
        for vital, some in scored(known).items()
    }
    contacts, received = contacts_of(known)
    return History(
        person=person,
        series=series,
        bounds=_kept(known, (Quality.BOUND,), zone),
        kept=_kept(known, KEPT, zone),
        ahead=_kept(known, (Quality.FUTURE,), zone),
        contacts=contacts,
        contacts_received=received,
        frozen=tuple(sorted(frozen)),
        twice=tuple(_twice(series)),
        skews=tuple(sorted(skews, key=lambda skew: skew.at)),
        screen=gate.screen(series) if gate else None,
    )


def time_of(reading: Reading) -> float:
    """Return the instant a reading is judged at: an interval by its end (`times_of`)."""
    if reading.precision is Precision.PERIOD and reading.until is not None:
        return max(reading.effective.timestamp(), reading.until.timestamp() - MOMENT)
    return reading.effective.timestamp()


def day_of(reading: Reading, zone: tzinfo) -> int:
    """Return the ordinal of the local day a reading belongs to."""
    if reading.local_day is not None:
        return reading.local_day.toordinal()
    return local_day(time_of(reading), zone)


def _twice(series: Mapping[Vital, Series]) -> Iterator[tuple[Kept, Kept]]:
    """Yield each measurement that came by two paths: known once both are there."""
    for vital, each in series.items():
        for i in np.flatnonzero(each.doubles).tolist() if each.doubles is not None else ():
            first, second = (_as_kept(each, vital, n) for n in (i - 1, i))
            both = max(first.received, second.received)
            yield first, replace(second, received=both)


def _as_kept(series: Series, vital: Vital, i: int) -> Kept:
    time, day, received = (float(a[i]) for a in (series.times, series.days, series.received))
    name, value = name_of(series.ids, i, vital), float(series.values[i])
    return Kept(name, vital, value, "", Quality.SCORED, time, int(day), received)


def _kept(
    blocks: Iterable[Block], qualities: tuple[Quality, ...], zone: tzinfo
) -> tuple[Kept, ...]:
    found = (
        each for block in blocks if block.alike.quality in qualities for each in _each(block, zone)
    )
    return tuple(sorted(found, key=lambda k: (k.time, k.id)))


def _each(block: Block, zone: tzinfo) -> Iterator[Kept]:
    alike = block.alike
    rows = zip(
        block.names(), block.values, times_of(block), block.days, block.received, strict=True
    )
    for name, value, time, day, received in rows:
        if not math.isnan(value):
            day_ = int(day) or local_day(float(time), zone)
            yield Kept(
                name, alike.vital, float(value), alike.comparator, alike.quality, float(time),
                day_, float(received), alike.device,
            )  # fmt: skip


def cut(past: History, until: float, arrived: float = math.inf) -> History:
    """Return what was measured no later than `until` and received no later than `arrived`.

    Both are seconds since the epoch; nothing else of `past` can be reached through it.
    """
    count = int(past.contacts.searchsorted(until, side="right"))
    contacts, received = past.contacts[:count], past.contacts_received[:count]
    if arrived != math.inf:
        known = received <= arrived
        contacts, received = contacts[known], received[known]
    series = _Cut(past.series, until, arrived)
    return History(
        person=past.person.at(until, arrived),
        series=series,
        bounds=_before(past.bounds, until, arrived),
        kept=_before(past.kept, until, arrived),
        ahead=tuple(k for k in past.ahead if k.received <= min(until, arrived)),
        contacts=contacts,
        contacts_received=received,
        frozen=past.frozen,
        twice=tuple(p for p in past.twice if p[1].time <= until and p[1].received <= arrived),
        skews=tuple(s for s in past.skews if s.at <= until),
        until=until,
        screen=past.screen.cut(series, series.whole) if past.screen else None,
        told=past.told,
    )


def _before(kept: tuple[Kept, ...], until: float, arrived: float) -> tuple[Kept, ...]:
    return tuple(k for k in kept if k.time <= until and k.received <= arrived) if kept else kept


class _Cut(Mapping[Vital, Series]):
    """Series cut on first use: one judged point rarely needs all of them."""

    __slots__ = ("_arrived", "_done", "_full", "_until")

    def __init__(self, full: Mapping[Vital, Series], until: float, arrived: float) -> None:
        self._full, self._until, self._arrived = full, until, arrived
        self._done: dict[Vital, Series | None] = {}  # None: nothing is known of it

    def get(self, vital: Vital, default: Any = None) -> Any:
        """Return the series known by then, or the default; absence is the common case here."""
        if vital in self._done:
            done = self._done[vital]
        else:
            full = self._full.get(vital)
            cut_ = None if full is None else cut_series(full, self._until, self._arrived)
            done = self._done[vital] = cut_ or None
        return default if done is None else done

    def __getitem__(self, vital: Vital) -> Series:
        found: Series | None = self.get(vital)
        if found is None:
            raise KeyError(vital)
        return found

    def __iter__(self) -> Iterator[Vital]:
        return (vital for vital in self._full if vital in self)

    def __contains__(self, vital: object) -> bool:
        return isinstance(vital, Vital) and self.get(vital) is not None

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def whole(self, vital: Vital) -> bool:
        """Return whether nothing was left out of a vital but what came after."""
        full = self._full.get(vital)
        if full is None:
            return True
        return len(self.get(vital, ())) == int(full.times.searchsorted(self._until, side="right"))
