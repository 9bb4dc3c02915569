"""When something happens to a person's past: what arrives, what is told of clocks, midnights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from core.vitals import Quality
from monitoring.judgement import REACH_DAYS
from monitoring.windows import DAY, time_of, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.vitals import Reading, Vital
    from monitoring.windows import History, Skew


@dataclass(frozen=True, slots=True)
class Version:
    """A reading, and when a later version of it arrived, if one did (seconds)."""

    reading: Reading
    replaced: float | None = None


class Arrival(NamedTuple):
    """One thing that came to be known at an instant, of another instant (seconds)."""

    at: float
    time: float
    vital: Vital
    judged: bool
    revised: bool = False  # it was taken back, or another version took its place


def arrivals(versions: Iterable[Version]) -> list[Arrival]:
    """Return what came to be known, in that order."""
    found: list[Arrival] = []
    for each in versions:
        received, taken = each.reading.received.timestamp(), time_of(each.reading)
        counts = each.reading.quality is not Quality.FUTURE
        judged = counts and received - taken <= REACH_DAYS * DAY
        found.append(Arrival(received, taken, each.reading.vital, judged))
        if each.replaced is not None:
            # What it said may have held something up or back (REL-23).
            judged = counts and each.replaced - taken <= REACH_DAYS * DAY
            found.append(Arrival(each.replaced, taken, each.reading.vital, judged, revised=True))
    return sorted(found)


def read(skews: Iterable[Skew], until: datetime) -> list[float]:
    """Return when anything came to be known of clocks alone."""
    return sorted({skew.at for skew in skews if skew.at <= until.timestamp()})


def ticks(first: float, until: datetime, zone_name: str) -> Iterator[float]:
    """Yield the last second of each local day, in a zone whose days may have 23 or 25 hours."""
    zone = zone_of(zone_name)
    day = datetime.fromtimestamp(first, zone).date()
    last = until.astimezone(zone).date()
    while day <= last:
        midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
        yield midnight.timestamp() - 1.0
        day += timedelta(days=1)


def seen(past: History, arrival: Arrival) -> bool:
    """Return whether rules look at what arrived: in a dense stream others stand for most of it."""
    series = past.series.get(arrival.vital)
    if series is None or series.weights is None:
        return True
    at = int(series.times.searchsorted(arrival.time))
    if at < len(series) and series.times[at] == arrival.time:
        return True
    return any(kept.time == arrival.time for kept in (*past.bounds, *past.kept))
