"""What is known of a home at a moment: is anybody there, does its hub speak, is silence expected.

Not measured, device at fault, hub down, away, admitted and paused are told apart here, once.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from ingest.enrolment import Absence, stay_at
from monitoring.moment import Moment, Waiting
from monitoring.windows import DAY, MOMENT, cut, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.series import Floats, Ints, Series

HOUR = 3_600.0
HUB_DOWN = 6.0  # hours without the heartbeat of a hub that has one (SIL-HUB)
HABIT_DAYS = 28
LEAST_BEATS = 7  # heartbeats in `HABIT_DAYS`, or the hub has no habit of sending any (E)
# A zero of these says that a device lives, not that a person does.
COUNTED = (Vital.MOTION, Vital.STEPS, Vital.BATHROOM, Vital.OUTER_DOOR)
# The hub's own word, and a state: no sign of a person at this very moment.
NOBODY = (Vital.HUB_HEARTBEAT, Vital.AWAY, Vital.MOTION_GAP, Vital.NIGHT_BATHROOM)


class Excuse(StrEnum):
    """Why nothing is heard of somebody, where it is known why."""

    ADMITTED = "admitted to hospital"
    PAUSED = "monitoring is paused"
    AWAY = "away from home"
    HUB_DOWN = "the hub at home is offline"


def absent(now: Moment) -> Excuse | None:
    """Return whether the person is admitted or paused at this moment."""
    stay = stay_at(now.person.stays, now.at)
    if stay is None:
        return None
    return Excuse.ADMITTED if stay.why is Absence.ADMITTED else Excuse.PAUSED


def back(now: Moment) -> Iterator[Waiting]:
    """Ask again when a stay or a pause that lasts now ends, where its end is known."""
    ends = [s.until.timestamp() for s in now.person.stays if s.until is not None]
    yield from (Waiting(end) for end in ends if end > now.at)


def expected_from(now: Moment, last: float) -> float:
    """Return from when silence counts: the last word, or the end of a stay after it."""
    ends = [s.until.timestamp() for s in now.person.stays if s.until is not None]
    return max([last, *(end for end in ends if end <= now.at)])


def excuse(now: Moment) -> Excuse | None:
    """Return why a still home is no reason for a visit, or None where nothing excuses it."""
    away = absent(now)
    if away is not None:
        return away
    if is_away(now):
        return Excuse.AWAY
    return Excuse.HUB_DOWN if hub_online(now) is False else None


def excused_on(now: Moment, vital: Vital, day: int) -> bool:
    """Return whether a local day is known to say nothing of a vital: away, a stay, the hub down.

    It is looked at by noon and by its end. A hub that is down silences no step counter.
    """
    zone = zone_of(now.person.zone)
    for hour in (12, 24):
        at = datetime.combine(date.fromordinal(day), time(), tzinfo=zone) + timedelta(hours=hour)
        instant = min(at.timestamp() - MOMENT, now.at)
        why = excuse(Moment(cut(now.past, instant), instant, day))
        if why is not None and (why is not Excuse.HUB_DOWN or vital is Vital.MOTION):
            return True
    return False


def is_away(now: Moment) -> bool:
    """Return whether the person left: by the state, or by a door after which nothing moved."""
    state = now.series(Vital.AWAY)
    moved = last_movement(now)
    if state is not None and state.values[-1] >= 1:
        return moved is None or moved <= float(state.times[-1])
    door = now.series(Vital.OUTER_DOOR)
    if door is None:
        return False
    opened = door.times[door.values > 0]
    # A door that shuts behind somebody is the last that a home hears of them.
    return len(opened) > 0 and (moved is None or float(opened[-1]) >= moved)


def hub_online(now: Moment) -> bool | None:
    """Return whether the hub speaks; None where it has no habit of saying so."""
    beats = now.series(Vital.HUB_HEARTBEAT)
    if beats is None:
        return None
    recent = beats.since(float(beats.times[-1]) - HABIT_DAYS * DAY)
    counts = counts_of(beats)[recent]
    if counts.sum() < LEAST_BEATS or usual_apart(beats.times[recent], counts) > HUB_DOWN * HOUR:
        return None
    return now.at - float(beats.times[-1]) <= HUB_DOWN * HOUR


def seen_until(now: Moment) -> float:
    """Return until when stillness is known: a hub that is silent may be down (AL-10).

    Where the hub has no habit of a heartbeat, nothing better is known than now.
    """
    if hub_online(now) is None:
        return now.at
    through = (Vital.HUB_HEARTBEAT, *COUNTED)
    heard = (now.series(vital) for vital in through if vital is not Vital.STEPS)
    return max(float(series.times[-1]) for series in heard if series is not None)


def movements(now: Moment) -> Floats:
    """Return float64[n], when something moved indoors: motion and the bathroom's sensor."""
    return counted_movements(now)[0]


def counted_movements(now: Moment) -> tuple[Floats, Ints]:
    """Return the same, and int64[n], for how many movements of its hour each counts."""
    found = [
        (series.times[moved], counts_of(series)[moved])
        for vital in (Vital.MOTION, Vital.BATHROOM)
        if (series := now.series(vital)) is not None
        for moved in [series.values > 0]
    ]
    if not found:
        return np.empty(0), np.empty(0, dtype=np.int64)
    times, counts = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.argsort(times, kind="stable")
    return times[order], counts[order]


def counts_of(series: Series) -> Ints:
    """Return int64[n], for how many events each counts (`ingest.movement`)."""
    return np.ones(len(series), dtype=np.int64) if series.weights is None else series.weights


def usual_apart(times: Floats, counts: Ints) -> float:
    """Return the median of the seconds between events; infinity where there is but one.

    What an event counts for happened between it and the one before, in the same hour.
    """
    apart, counts = np.diff(times), counts[1:]
    return float(np.median(np.repeat(apart / counts, counts))) if len(apart) else math.inf


def last_movement(now: Moment) -> float | None:
    """Return when something last moved indoors."""
    moved = movements(now)
    return float(moved[-1]) if len(moved) else None


def last_sign(now: Moment) -> float | None:
    """Return when the person last moved or measured anything."""
    times = [t for vital in now.past.series if (t := _lived(now, vital)) is not None]
    times += [kept.time for kept in (*now.past.bounds, *now.past.kept)]
    return max(times, default=None)


def _lived(now: Moment, vital: Vital) -> float | None:
    series = now.past.series[vital]
    if vital in NOBODY:
        return None
    if vital not in COUNTED:
        return float(series.times[-1])
    moved = series.times[series.values > 0]
    return float(moved[-1]) if len(moved) else None
