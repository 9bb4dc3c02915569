"""A person's own normal for one vital, robust and never learned from the days under test.

The centre is the median of daily medians over 28 days, the spread 1.4826 x MAD with the
device's own error as its floor (`evidence.md` 1.8). Days with an open episode are left out:
otherwise the baseline learns the illness.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.vitals import Vital
from ingest.enrolment import Absence
from monitoring.daily import daily_medians, middle
from monitoring.findings import Alike, Restart, Usual, Why
from monitoring.likeness import at_its_site, kinds
from monitoring.windows import local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.daily import Daily
    from monitoring.habits import Habits
    from monitoring.likeness import Likeness
    from monitoring.series import Bools, Floats, Series
    from monitoring.windows import History

SPAN_DAYS = 28
LEAST_DAYS = 7  # provisional from 7 valid days, established at 14 (evidence.md 1.8)
LONGEST_FREEZE_DAYS = 60  # engineering default: how far an open episode may push the window back
MAD_TO_SD = 1.4826  # makes the MAD of a normal distribution its standard deviation
FAR_DAY = date.max.toordinal()
BAND = 2.0  # usual range: centre plus and minus two spreads, about 95 % of days

# What a device cannot tell apart (evidence.md, section 2, device error; where it names none,
# the within-person day-to-day SD of section 8.2, halved: engineering default).
DEVICE_ERROR: dict[Vital, float] = {
    Vital.BODY_WEIGHT: 0.2,
    Vital.SYSTOLIC_BP: 5.0,
    Vital.DIASTOLIC_BP: 5.0,
    Vital.HEART_RATE: 2.5,
    Vital.RESTING_HEART_RATE: 1.5,
    Vital.RESPIRATORY_RATE: 1.0,
    Vital.SPO2: 1.0,
    Vital.BODY_TEMPERATURE: 0.3,
    Vital.GLUCOSE: 15.0,
    Vital.STEPS: 300.0,
    Vital.MOTION: 30.0,
    Vital.SLEEP: 0.5,
    Vital.FEV1: 0.1,
    Vital.NIGHT_BATHROOM: 0.5,
    Vital.MOTION_GAP: 0.5,
}


def usual(past: History, vital: Vital, *, before: int, days: int = SPAN_DAYS) -> Usual | None:
    """Return the person's normal from the `days` local days that end before day `before`.

    `before` is a local day ordinal: the first day of the window under test. None where
    fewer than 7 days are valid. Readings of another part of the body than the last are left out,
    until they are known not to differ.
    """
    series = past.series.get(vital)
    if series is None:
        return None
    span = _span(before, days, restart := restarted(past, vital))
    mine, sure = _at_site(past, vital, span), may_teach(past, vital)
    if mine is not None or sure is not None:
        daily = _daily(series, _both(mine, sure))
        found = _described(reference_days(past, daily, span), vital, restart, before - days)
        return replace(found, alike=Alike.SITE) if found and mine is not None else found
    # Of a series cut at another instant it is the same, once all of these days are over.
    over = series.days[-1] >= before
    key = (vital, span, restart, past.frozen, past.person.zone, -1 if over else len(series))
    if key not in series.told:
        valid = reference_days(past, series.daily, span)
        series.told[key] = _described(valid, vital, restart, before - days)
    told: Usual | None = series.told[key]
    return told


def like_days(past: History, vital: Vital, *, before: int, days: int) -> Daily:
    """Return the daily medians that may be held against `usual` of the same days."""
    series = past.series[vital]
    if series.origin is None or series.origin.sites is None:
        return series.daily
    mine = _at_site(past, vital, _span(before, days, restarted(past, vital)))
    return series.daily if mine is None else _daily(series, mine)


def may_teach(past: History, vital: Vital) -> Bools | None:
    """Return bool[n], which readings may say what is usual; None where all may."""
    return past.screen.sure(vital, past.until) if past.screen else None


def _both(one: Bools | None, other: Bools | None) -> Bools | None:
    return one if other is None else other if one is None else one & other


def _daily(series: Series, rows: Bools | None) -> Daily:
    return series.daily if rows is None else daily_medians(series.days[rows], series.values[rows])


def _at_site(past: History, vital: Vital, span: Span) -> Bools | None:
    """Return bool[n], the readings at the last one's part of the body, where others differ."""
    series = past.series[vital]
    habits = past.screen.gate.habits if past.screen else None
    mine = at_its_site(habits, vital, series) if habits else None
    if habits is None or mine is None:
        return None
    own, others = _parted(past, series, (mine, may_teach(past, vital)), span)
    known = min(len(own), len(others)) >= habits.kind_days
    return None if known and not _apart(habits, vital, own, others) else mine


def comparable(
    past: History, vital: Vital, *, before: int, days: int, like: Likeness
) -> Usual | None:
    """Return the person's normal of readings that are like the last one, in one of these ways.

    None where the data do not have enough of them, or they differ from the others by no more
    than noise: then `usual` is theirs too.
    """
    series = past.series.get(vital)
    if series is None or past.screen is None:
        return None
    habits, restart = past.screen.gate.habits, None
    for alike, rows in kinds(habits, vital, series):
        if alike not in like:
            continue
        restart = restarted(past, vital)
        span = _span(before, days, restart)
        sure = _both(_at_site(past, vital, span), may_teach(past, vital))
        own = _kind(past, series, (rows, sure), span, vital)
        found = None if own is None else _described(own, vital, restart, before - days)
        if found is not None:
            return replace(found, alike=alike)
    return None


def _described(valid: Floats, vital: Vital, restart: Restart | None, first: int) -> Usual | None:
    """Return the usual of daily medians; a restart is told while the window reaches back to it."""
    if len(valid) < LEAST_DAYS:
        return None
    found = describe(valid, vital)
    told = restart is not None and restart.day.toordinal() > first
    return replace(found, restart=restart) if told else found


def _span(before: int, days: int, restart: Restart | None) -> Span:
    return Span(before, days, restart.day.toordinal() if restart else 0)


class Span(NamedTuple):
    """Which local days may teach: `days` of them before `before`, none before `first`."""

    before: int
    days: int
    first: int = 0


def _kind(
    past: History, series: Series, rows: tuple[Bools, Bools | None], span: Span, vital: Vital
) -> Floats | None:
    """Return the days of one kind of readings, where they differ from the others beyond noise."""
    habits = past.screen.gate.habits if past.screen else None
    if habits is None:
        return None
    own, others = _parted(past, series, rows, span)
    if min(len(own), len(others)) < habits.kind_days:
        return None
    return own if _apart(habits, vital, own, others) else None


def _parted(
    past: History, series: Series, rows: tuple[Bools, Bools | None], span: Span
) -> tuple[Floats, Floats]:
    """Return the days of some readings, and those of the others, of the sure ones."""
    mine, sure = rows
    own, others = (
        reference_days(past, _daily(series, _both(r, sure)), span) for r in (mine, ~mine)
    )
    return own, others


def _apart(habits: Habits, vital: Vital, own: Floats, others: Floats) -> bool:
    """Return whether the medians of two kinds of days differ beyond the device and noise."""
    a, b = describe(own, vital), describe(others, vital)
    # A median of n normal values has pi / 2 times the variance of their mean.
    error = math.sqrt(math.pi / 2 * (a.spread**2 / len(own) + b.spread**2 / len(others)))
    least = max(habits.kind_errors * error, DEVICE_ERROR.get(vital, 0.0))
    return abs(a.centre - b.centre) > least


def restarted(past: History, vital: Vital) -> Restart | None:
    """Return since when a vital's usual is learnt anew: a new device, or the way home.

    None where nothing ended it. The stays are those of the person, open ones end nothing.
    """
    series = past.series.get(vital)
    habits = past.screen.gate.habits if past.screen else None
    if series is None or habits is None:
        return None
    newest = float(series.times[-1])
    found = [(h.day, Why.NEW_DEVICE) for h in series.handovers if h.known <= newest < h.undone]
    if habits.after_admission:
        found += ((day, Why.ADMISSION) for day in _homecomings(past))
    if not found:
        return None
    day, why = max(found)
    return Restart(date.fromordinal(day), why)


def _homecomings(past: History) -> Iterator[int]:
    for stay in past.person.stays:
        end = stay.until.timestamp() if stay.until is not None else math.inf
        if stay.why is Absence.ADMITTED and end <= past.until and end != math.inf:
            yield local_day(end, zone_of(past.person.zone))


def usual_between(
    series: Series, vital: Vital, days: tuple[int, int], sure: Bools | None = None
) -> Usual | None:
    """Return the usual of the local days from `days[0]` to before `days[1]`; None of too few.

    `sure` bool[n] are the readings that may teach it; None stands for all.
    """
    first, end = (int(i) for i in series.days.searchsorted(days))
    taken, values = series.days[first:end], series.values[first:end]
    if sure is not None:
        taken, values = taken[sure[first:end]], values[sure[first:end]]
    medians = daily_medians(taken, values).medians
    return describe(medians, vital) if len(medians) >= LEAST_DAYS else None


def reference_days(past: History, daily: Daily, span: Span) -> Floats:
    """Return float64[k], the daily medians that may teach the baseline.

    Frozen days are left out, and the window reaches back by as many days instead, so that
    a long episode keeps the normal from before it; never to before a restart.
    """
    before, days, start = span
    if not past.frozen:
        return daily.between(max(before - days, start), before - 1).medians
    earliest = before - days - LONGEST_FREEZE_DAYS
    reach = daily.between(max(earliest, start), before - 1)
    free = np.ones(len(reach.days), dtype=np.bool_)
    pushed = 0
    for first, last in reversed(frozen_days(past.frozen, past.person.zone)):
        if last < earliest:
            break
        if first < before:
            free &= (reach.days < first) | (reach.days > last)
            pushed += min(last, before - 1) - max(first, earliest) + 1
    recent = reach.days >= before - days - min(pushed, LONGEST_FREEZE_DAYS)
    return reach.medians[free & recent]


@lru_cache(maxsize=512)
def frozen_days(
    spans: tuple[tuple[float, float], ...], zone_name: str
) -> tuple[tuple[int, int], ...]:
    """Return ascending spans of seconds as (first, last) local days that do not overlap."""
    zone = zone_of(zone_name)
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        first = local_day(start, zone)
        last = FAR_DAY if end == math.inf else local_day(end, zone)
        if merged and first <= merged[-1][1]:
            first, last = merged[-1][0], max(merged.pop()[1], last)
        merged.append((first, last))
    return tuple(merged)


def describe(valid: Floats, vital: Vital) -> Usual:
    """Return centre, band and spread of float64[k] daily medians, k >= 1."""
    days = valid.tolist()
    centre = middle(days)
    estimated = MAD_TO_SD * middle([abs(each - centre) for each in days])
    spread = max(estimated, DEVICE_ERROR.get(vital, 0.0))
    return Usual(
        centre=centre,
        low=centre - BAND * spread,
        high=centre + BAND * spread,
        spread=spread,
        days=len(days),
        estimated=estimated,
    )


def median(values: Floats) -> float:
    """Return the median of float64[k], k >= 1."""
    return middle(values.tolist())
