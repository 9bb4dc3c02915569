"""A person's readings as arrays, and what of them was known at one instant.

Live assessment, `wardlight replay` and the lab all look through `cut`: nothing that was
measured or received later can reach a rule or a score.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from core.vitals import Precision, Quality, Reading, Vital
from monitoring.daily import Daily, daily_medians

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ingest.enrolment import Person

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DAY = 86_400.0
MOMENT = 0.001  # seconds
KEPT = (Quality.IMPLAUSIBLE, Quality.UNIT_UNSURE)


@dataclass(frozen=True, slots=True)
class Series:
    """The scored readings of one vital, ascending in effective time.

    Attributes
    ----------
    times, received, latest : float64[n]
        Seconds since the epoch: effective, arrived, and the running maximum of arrived.
    values : float64[n]
        In the canonical unit of the vital.
    days : int64[n]
        Local day ordinals (`date.toordinal`) in the person's zone.
    ids : object[n]
        Ids of the stored readings.
    """

    times: Floats
    values: Floats
    days: Ints
    ids: NDArray[np.object_]
    received: Floats
    latest: Floats
    daily: Daily

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.times)

    def since(self, start: float) -> slice:
        """Return the slice of readings taken after `start`."""
        return slice(int(self.times.searchsorted(start, side="right")), None)


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


@lru_cache(maxsize=1024)
def zone_of(name: str) -> tzinfo:
    """Return the zone of an IANA name or of an offset such as `+09:00`; UTC where unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    try:
        return datetime.strptime(name, "%z").tzinfo or UTC
    except ValueError:
        return UTC


def local_day(instant: float, zone: tzinfo) -> int:
    """Return the ordinal of the local day of an instant."""
    return datetime.fromtimestamp(instant, zone).toordinal()


def history(
    person: Person,
    readings: Iterable[Reading],
    frozen: Iterable[tuple[float, float]] = (),
) -> History:
    """Arrange readings, in any order, as arrays.

    Bounds and implausible values are kept aside; each reading but a withdrawn one is contact.
    """
    zone = zone_of(person.zone)
    ordered = sorted(
        (r for r in readings if r.quality is not Quality.WITHDRAWN),
        # Not by arrival: two devices may speak of the same instant (REL-19).
        key=lambda r: (r.vital, time_of(r), r.value is None, r.value or 0.0, r.id),
    )
    series = {
        vital: _series(list(group), zone)
        for vital, group in groupby(
            (r for r in ordered if r.quality is Quality.SCORED and r.value is not None),
            key=lambda r: r.vital,
        )
    }
    contacts = sorted(
        (time_of(r), r.received.timestamp()) for r in ordered if r.quality is not Quality.FUTURE
    )
    times = np.array(contacts, dtype=np.float64).reshape(-1, 2)
    return History(
        person=person,
        series=series,
        bounds=_kept(ordered, (Quality.BOUND,), zone),
        kept=_kept(ordered, KEPT, zone),
        ahead=_kept(ordered, (Quality.FUTURE,), zone),
        contacts=times[:, 0],
        contacts_received=times[:, 1],
        frozen=tuple(sorted(frozen)),
    )


def time_of(reading: Reading) -> float:
    """Return the instant a reading is judged at: an interval by its end (fhir.md section 4).

    Just before the end, so that a total until midnight belongs to the day it covers.
    """
    if reading.precision is Precision.PERIOD and reading.until is not None:
        return max(reading.effective.timestamp(), reading.until.timestamp() - MOMENT)
    return reading.effective.timestamp()


def day_of(reading: Reading, zone: tzinfo) -> int:
    """Return the ordinal of the local day a reading belongs to."""
    if reading.local_day is not None:
        return reading.local_day.toordinal()
    return local_day(time_of(reading), zone)


def _series(readings: list[Reading], zone: tzinfo) -> Series:
    return make_series(
        times=np.array([time_of(r) for r in readings]),
        values=np.array([r.value for r in readings], dtype=np.float64),
        days=np.array([day_of(r, zone) for r in readings], dtype=np.int64),
        ids=np.array([r.id for r in readings], dtype=np.object_),
        received=np.array([r.received.timestamp() for r in readings]),
    )


def make_series(
    times: Floats, values: Floats, days: Ints, ids: NDArray[np.object_], received: Floats
) -> Series:
    """Return a series from arrays that ascend in effective time."""
    latest = np.maximum.accumulate(received) if len(received) else received
    return Series(times, values, days, ids, received, latest, daily_medians(days, values))


def _kept(
    readings: Iterable[Reading], qualities: tuple[Quality, ...], zone: tzinfo
) -> tuple[Kept, ...]:
    found = (
        Kept(r.id, r.vital, r.value, r.comparator, r.quality, *_when(r, zone), r.device)
        for r in readings
        if r.quality in qualities and r.value is not None
    )
    return tuple(sorted(found, key=lambda k: (k.time, k.id)))


def _when(reading: Reading, zone: tzinfo) -> tuple[float, int, float]:
    return time_of(reading), day_of(reading, zone), reading.received.timestamp()


def cut(past: History, until: float, arrived: float = math.inf) -> History:
    """Return what was measured no later than `until` and received no later than `arrived`.

    Both are seconds since the epoch; nothing else of `past` can be reached through it.
    """
    count = int(past.contacts.searchsorted(until, side="right"))
    contacts, received = past.contacts[:count], past.contacts_received[:count]
    if arrived != math.inf:
        known = received <= arrived
        contacts, received = contacts[known], received[known]
    return History(
        person=past.person.at(until, arrived),
        series=_Cut(past.series, until, arrived),
        bounds=_before(past.bounds, until, arrived),
        kept=_before(past.kept, until, arrived),
        ahead=tuple(k for k in past.ahead if k.received <= min(until, arrived)),
        contacts=contacts,
        contacts_received=received,
        frozen=past.frozen,
    )


def _before(kept: tuple[Kept, ...], until: float, arrived: float) -> tuple[Kept, ...]:
    return tuple(k for k in kept if k.time <= until and k.received <= arrived) if kept else kept


class _Cut(Mapping[Vital, Series]):
    """Series cut on first use: one judged point rarely needs all of them."""

    __slots__ = ("_arrived", "_done", "_full", "_until")

    def __init__(self, full: Mapping[Vital, Series], until: float, arrived: float) -> None:
        self._full, self._until, self._arrived = full, until, arrived
        self._done: dict[Vital, Series] = {}

    def __getitem__(self, vital: Vital) -> Series:
        done = self._done.get(vital)
        if done is None:
            done = _cut_series(self._full[vital], self._until, self._arrived)
            self._done[vital] = done
        if not len(done):
            raise KeyError(vital)
        return done

    def __iter__(self) -> Iterator[Vital]:
        return (vital for vital in self._full if vital in self)

    def __contains__(self, vital: object) -> bool:
        return isinstance(vital, Vital) and self.get(vital) is not None

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _cut_series(full: Series, until: float, arrived: float) -> Series:
    count = int(full.times.searchsorted(until, side="right"))
    if count == 0 or full.latest[count - 1] <= arrived:
        return _prefix(full, count)
    known = full.received[:count] <= arrived
    return make_series(
        full.times[:count][known],
        full.values[:count][known],
        full.days[:count][known],
        full.ids[:count][known],
        full.received[:count][known],
    )


def _prefix(full: Series, count: int) -> Series:
    """Return the first readings; only the last local day needs its median anew."""
    if count == len(full):
        return full
    return Series(
        full.times[:count],
        full.values[:count],
        full.days[:count],
        full.ids[:count],
        full.received[:count],
        full.latest[:count],
        _prefix_daily(full, count),
    )


def _prefix_daily(full: Series, count: int) -> Daily:
    if count == 0:
        return Daily(full.days[:0], full.values[:0])
    today = full.days[count - 1]
    done = int(full.daily.days.searchsorted(today))
    if count == len(full) or full.days[count] != today:
        return Daily(full.daily.days[: done + 1], full.daily.medians[: done + 1])
    values = np.sort(full.values[int(full.days[:count].searchsorted(today)) : count])
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    return Daily(full.daily.days[: done + 1], np.append(full.daily.medians[:done], middle))
