"""What a home's sensors say of somebody who lives alone: a gap, a late rising, a long bathroom.

Only for homes whose sensors speak of single movements, and only against the person's own habit
(`evidence.md`: no guideline has such limits). A gap is judged when it is over its limit, not
when it ends; who is away, admitted or paused, or whose hub is down, is not judged at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from core.vitals import Severity, Vital
from monitoring.findings import Missing
from monitoring.home import (
    HOUR,
    counted_movements,
    excuse,
    hub_online,
    movements,
    seen_until,
    usual_apart,
)
from monitoring.moment import Hit, Waiting, evidence
from monitoring.phrases import Phrase
from monitoring.rule_kinds import Rule
from monitoring.windows import zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitoring.moment import Moment
    from monitoring.series import Floats

    Measure = Callable[["HomeRule", Floats, datetime], float | None]

MINUTE = 60.0
FINE = 2.0  # hours: sensors whose words come further apart speak of no single movements (E)
UNKNOWN_HUB = (Missing.HUB,)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRule(Rule):
    """What all rules about movement in a home share: the habit that they are held against."""

    severity: Severity
    usual_days: int = 28
    least_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRule(HomeRule):
    """No movement in waking hours for longer than `hours` and the own `percentile` of gaps."""

    hours: float
    percentile: float
    waking_from: int
    waking_until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningRule(HomeRule):
    """No first movement by the own `percentile` of rising times and `grace_hours` more."""

    percentile: float
    grace_hours: float
    day_from: int  # local hour before which movement is still the night's


@dataclass(frozen=True, slots=True, kw_only=True)
class BathroomRule(Rule):
    """The bathroom's sensor spoke and nothing has moved elsewhere for `minutes`.

    At night `night_minutes` for people with the trait `night_trait`.
    """

    severity: Severity
    minutes: float
    night_minutes: float
    night_trait: str
    night_from: int
    night_until: int
    forget_hours: float = 12.0


def gap(rule: GapRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Notice a gap that is long, and long for this person, while it lasts."""
    moved = _judged(now)
    if moved is None:
        return
    usual = _daily(rule, moved, now, _longest_gap)
    if usual is None:
        return
    limit = max(rule.hours * HOUR, float(np.percentile(usual, rule.percentile)))
    last = float(moved[-1])
    start = max(last, _hour(now, rule.waking_from))
    due = start + limit
    if due > _hour(now, rule.waking_until):
        return
    if now.at < due:
        yield Waiting(due)
        return
    if seen_until(now) >= due:
        yield _hit(rule, now, _Spell(last, due, limit / HOUR))


def _longest_gap(rule: HomeRule, times: Floats, midnight: datetime) -> float | None:
    """Return the longest waking gap of a local day in seconds."""
    if not isinstance(rule, GapRule):
        return None
    start, end = (
        (midnight + timedelta(hours=h)).timestamp() for h in (rule.waking_from, rule.waking_until)
    )
    inside = times[(times >= start) & (times <= end)]
    return float(np.diff(np.concatenate(([start], inside, [end]))).max()) if len(inside) else None


def morning(rule: MorningRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Notice that somebody has not risen long after they usually do."""
    moved = _judged(now)
    if moved is None:
        return
    usual = _daily(rule, moved, now, _rising)
    if usual is None:
        return
    dawn = _hour(now, rule.day_from)
    limit = float(np.percentile(usual, rule.percentile)) + rule.grace_hours * HOUR
    due = dawn + limit
    if float(moved[-1]) >= dawn or due >= _hour(now, 24):
        return
    if now.at < due:
        yield Waiting(due)
        return
    if seen_until(now) >= due:
        yield _hit(rule, now, _Spell(float(moved[-1]), due, limit / HOUR + rule.day_from))


def _rising(rule: HomeRule, times: Floats, midnight: datetime) -> float | None:
    """Return how many seconds after the start of a local day something first moved."""
    if not isinstance(rule, MorningRule):
        return None
    dawn = (midnight + timedelta(hours=rule.day_from)).timestamp()
    after = times[times >= dawn]
    return float(after[0] - dawn) if len(after) else None


def bathroom(rule: BathroomRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Notice that somebody went into the bathroom and did not come out."""
    room = now.series(Vital.BATHROOM)
    if room is None or excuse(now) is not None:
        return
    entered = room.times[room.values > 0]
    if not len(entered) or now.at - float(entered[-1]) > rule.forget_hours * HOUR:
        return
    last = float(entered[-1])
    moved = movements(now)
    elsewhere = _elsewhere(now, since=last)
    minutes = rule.night_minutes if _night(rule, now, last) else rule.minutes
    due = last + minutes * MINUTE
    if elsewhere or float(moved[-1]) > last:
        return
    if now.at < due:
        yield Waiting(due)
        return
    yield _hit(rule, now, _Spell(last, due, minutes), Vital.BATHROOM)


def _elsewhere(now: Moment, *, since: float) -> bool:
    """Return whether a door, a step or a measurement shows the person out of the bathroom."""
    others = (v for v in now.past.series if v not in (Vital.BATHROOM, Vital.HUB_HEARTBEAT))
    return any(
        bool((series.values[series.times > since] > 0).any())
        for vital in others
        if (series := now.series(vital)) is not None
    )


def _night(rule: BathroomRule, now: Moment, at: float) -> bool:
    hour = datetime.fromtimestamp(at, zone_of(now.person.zone)).hour
    night = hour >= rule.night_from or hour < rule.night_until
    return night and rule.night_trait in now.person.traits


def _judged(now: Moment) -> Floats | None:
    """Return the movements of a home that may be judged now: fine enough, and not excused."""
    if excuse(now) is not None:
        return None
    moved, counts = counted_movements(now)
    if len(moved) < 2 or usual_apart(moved, counts) > FINE * HOUR:  # noqa: PLR2004 (a difference needs two)
        return None
    return moved


def _daily(rule: HomeRule, moved: Floats, now: Moment, measure: Measure) -> Floats | None:
    """Return float64[k], one value for each of the days before today that has one."""
    zone = zone_of(now.person.zone)
    today = datetime.combine(now.date, time(), tzinfo=zone)
    found = []
    for back in range(1, rule.usual_days + 1):
        midnight = today - timedelta(days=back)
        start, end = midnight.timestamp(), (midnight + timedelta(days=1)).timestamp()
        low, high = (int(i) for i in moved.searchsorted((start, end)))
        value = measure(rule, moved[low:high], midnight)
        if value is not None:
            found.append(value)
    return np.array(found) if len(found) >= rule.least_days else None


def _hour(now: Moment, hour: int) -> float:
    """Return the instant of a local hour of this day, also where the clocks change on it."""
    start = datetime.combine(now.date, time(), tzinfo=zone_of(now.person.zone))
    return (start + timedelta(hours=hour)).timestamp()


class _Spell(NamedTuple):
    """A time without movement: when it began, when it was too long, and by which limit."""

    since: float
    due: float
    limit: float


def _hit(
    rule: HomeRule | BathroomRule, now: Moment, spell: _Spell, vital: Vital = Vital.MOTION
) -> Hit:
    series = now.series(vital)
    return Hit(
        rule=rule,
        severity=rule.severity,
        at=spell.due,
        day=now.day,
        since=spell.since,
        span=(now.at - spell.since) / (MINUTE if vital is Vital.BATHROOM else HOUR),
        limit=spell.limit,
        evidence=evidence(series, vital, [len(series) - 1]) if series is not None else (),
        missing=UNKNOWN_HUB if hub_online(now) is None else (),
        otherwise=Phrase(
            "It would not have fired if anything had moved, or the person were known to be away."
        ),
    )


def faults(rule: HomeRule) -> Iterator[str]:
    """Tell of a habit that no home could have."""
    if not 0 < rule.least_days <= rule.usual_days:
        yield "least_days must lie between 1 and usual_days"
    percentile = getattr(rule, "percentile", 50.0)
    if not 0 < percentile < 100:  # noqa: PLR2004 (per cent)
        yield "percentile must lie between 0 and 100"
