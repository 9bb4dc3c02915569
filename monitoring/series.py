"""The readings of one vital as arrays: cut at an instant, counted once, with what took them.

Which device spoke, and when another took its place for good, is kept beside the values: a new
device ends what is usual, and two that are used in turn do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from monitoring.daily import Daily, daily_medians, weighted_middle

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from ingest.blocks import Ids

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

DAY = 86_400.0
UNKNOWN = -1  # the code of a device that nobody named


@dataclass(frozen=True, slots=True)
class Manner:
    """How a vital's readings count (`[baseline]` and `DQ-TWICE` of the rulebook).

    Within `twice` seconds the same value by another path is the same measurement. A device that
    was never heard before takes the place of the others once it spoke on `device_days` days, and
    none of them within `alone_days` of its first. Zero: neither is looked for.
    """

    twice: float = 0.0
    device_days: int = 0
    alone_days: int = 0


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Handover:
    """A device that a vital's other devices gave way to.

    It is known from `known` on, and until `undone` (seconds), when an earlier one spoke again.
    """

    day: int  # the local day of its first reading
    known: float
    undone: float


@dataclass(frozen=True, slots=True)
class Origin:
    """What took each reading: `sources` int64[n], codes of devices; `hours` float64[n], local.

    `sites` int64[n] are codes of parts of the body; None where no reading says one.
    """

    sources: Ints
    hours: Floats
    manner: Manner = PLAIN
    sites: Ints | None = None

    def of(self, rows: slice | Bools) -> Origin:
        """Return the same of some readings."""
        sites = None if self.sites is None else self.sites[rows]
        return Origin(self.sources[rows], self.hours[rows], self.manner, sites)


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
    ids : object[n] or STORED[n]
        Names of the stored readings (`ingest.blocks.name_of`).
    """

    times: Floats
    values: Floats
    days: Ints
    ids: Ids
    received: Floats
    latest: Floats
    daily: Daily
    origin: Origin | None = None
    handovers: tuple[Handover, ...] = ()
    weights: Ints | None = None  # in daily medians, where others stand for it (`ingest.rollup`)
    doubles: Bools | None = None  # the same measurement as one before it; None where there is none
    # What was told of days that are over: the same for each instant at which the series is cut.
    told: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        """Return the number of readings."""
        return len(self.times)

    def since(self, start: float) -> slice:
        """Return the slice of readings taken after `start`."""
        return slice(int(self.times.searchsorted(start, side="right")), None)


def make_series(  # noqa: PLR0913, PLR0917 (one array for each thing that is known of a reading)
    times: Floats,
    values: Floats,
    days: Ints,
    ids: NDArray[np.object_],
    received: Floats,
    origin: Origin | None = None,
    weights: Ints | None = None,
) -> Series:
    """Return a series from arrays that ascend in effective time."""
    latest = np.maximum.accumulate(received) if len(received) else received
    daily = daily_medians(days, values, weights)
    return Series(
        times,
        values,
        days,
        ids,
        received,
        latest,
        daily,
        origin,
        _handovers(times, days, origin) if origin else (),
        weights,
        _doubles(times, values, origin) if origin else None,
    )


def _doubles(times: Floats, values: Floats, origin: Origin) -> Bools | None:
    """Return which readings are an earlier one that came by another path as well."""
    within = origin.manner.twice
    if not within or len(times) < 2:  # noqa: PLR2004 (a pair)
        return None
    near = (np.diff(times) < within) & (values[1:] == values[:-1])
    if not near.any():
        return None
    sources = origin.sources
    found = np.zeros(len(times), dtype=np.bool_)
    for i in (np.flatnonzero(near) + 1).tolist():
        other_path = sources[i] != sources[i - 1] or sources[i] == UNKNOWN
        found[i] = other_path and not found[i - 1]
    return found if found.any() else None


def _handovers(times: Floats, days: Ints, origin: Origin) -> tuple[Handover, ...]:
    """Return each device that the others may have given way to."""
    sources, manner = origin.sources, origin.manner
    if not manner.device_days or not len(sources) or int(sources.max()) < 1:
        return ()
    found = []
    for code in range(int(sources.max()) + 1):
        mine = np.flatnonzero(sources == code)
        if not len(mine):
            continue
        first = int(mine[0])
        earlier = (sources >= 0) & (sources != code) & np.isin(sources, sources[:first])
        spoken = np.unique(days[mine], return_index=True)[1]
        if len(spoken) < manner.device_days or not earlier.any():
            continue
        known = float(times[mine[spoken[manner.device_days - 1]]])
        again = times[earlier & (times > times[first])]
        again = again[again <= times[first] + manner.alone_days * DAY]
        found.append(Handover(int(days[first]), known, float(again[0]) if len(again) else math.inf))
    return tuple(found)


def cut_series(full: Series, until: float, arrived: float) -> Series:
    """Return what was taken no later than `until` and received no later than `arrived`.

    The same measurement by two paths counts once.
    """
    count = int(full.times.searchsorted(until, side="right"))
    if count and full.latest[count - 1] > arrived:
        known = full.received[:count] <= arrived
        return once(part(full, known))
    # Instants near each other, of which most are judged, know the same of most vitals.
    last: tuple[int, Series] | None = full.told.get(_CUT)
    if last is None or last[0] != count:
        last = full.told[_CUT] = (count, once(_prefix(full, count)))
    return last[1]


_CUT = "the last cut"


def once(series: Series) -> Series:
    """Return a series in which a measurement that came by two paths stands once."""
    return series if series.doubles is None else part(series, ~series.doubles)


def part(full: Series, rows: Bools) -> Series:
    """Return the readings of bool[k], k at most n."""
    count = len(rows)
    return make_series(
        full.times[:count][rows],
        full.values[:count][rows],
        full.days[:count][rows],
        full.ids[:count][rows],
        full.received[:count][rows],
        full.origin.of(slice(count)).of(rows) if full.origin else None,
        full.weights[:count][rows] if full.weights is not None else None,
    )


def _prefix(full: Series, count: int) -> Series:
    """Return the first readings; only the last local day needs its median anew."""
    if count == len(full):
        return full
    doubles = full.doubles[:count] if full.doubles is not None else None
    return Series(
        full.times[:count],
        full.values[:count],
        full.days[:count],
        full.ids[:count],
        full.received[:count],
        full.latest[:count],
        _prefix_daily(full, count),
        full.origin.of(slice(count)) if full.origin else None,
        full.handovers,
        full.weights[:count] if full.weights is not None else None,
        doubles if doubles is not None and doubles.any() else None,
        full.told,
    )


def _prefix_daily(full: Series, count: int) -> Daily:
    if count == 0:
        return Daily(full.days[:0], full.values[:0])
    today = full.days[count - 1]
    done = int(full.daily.days.searchsorted(today))
    if count == len(full) or full.days[count] != today:
        return Daily(full.daily.days[: done + 1], full.daily.medians[: done + 1])
    now = slice(int(full.days[:count].searchsorted(today)), count)
    if full.weights is not None:
        last = weighted_middle(full.values[now], full.weights[now])
        return Daily(full.daily.days[: done + 1], np.append(full.daily.medians[:done], last))
    values = np.sort(full.values[now])
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    return Daily(full.daily.days[: done + 1], np.append(full.daily.medians[:done], middle))
