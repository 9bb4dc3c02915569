"""Whether a home has gone still: no movement, no reading, in waking hours, where both were usual.

Only for homes whose hub has a habit: without one, nothing can be said (SIL-ALL asks instead).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from core.vitals import Vital
from monitoring.findings import Missing
from monitoring.home import (
    HOUR,
    back,
    counts_of,
    excuse,
    expected_from,
    hub_online,
    last_sign,
    usual_apart,
)
from monitoring.moment import Hit, Waiting, evidence
from monitoring.phrases import Phrase
from monitoring.windows import DAY, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.moment import Moment
    from monitoring.rule_kinds import StillnessRule
    from monitoring.windows import Series


def stillness(rule: StillnessRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Notice that nothing has moved and nothing was measured for too long while awake."""
    motion, last = now.series(Vital.MOTION), last_sign(now)
    if motion is None or last is None or now.at - last > rule.forget_days * DAY:
        return
    if excuse(now) is not None:
        yield from back(now)
        return
    last = expected_from(now, last)
    habit = _habit(rule, motion)
    if habit is None:
        return
    patience = max(rule.hours * HOUR, habit + rule.grace_hours * HOUR)
    due = max(last + patience, _awake_since(rule, last, now.person.zone))
    if now.at < due:
        yield Waiting(due)
        return
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=due,  # the same however often it is asked
        day=now.day,
        since=last,
        span=(now.at - last) / HOUR,
        evidence=evidence(motion, Vital.MOTION, [len(motion) - 1]),
        missing=_unknown(now),
        otherwise=Phrase("It would not have fired if anything had moved or been measured since."),
    )


def _unknown(now: Moment) -> tuple[str, ...]:
    """Return what nobody has told of this home: then the alert says so."""
    at_home = now.series(Vital.AWAY) is not None or now.series(Vital.OUTER_DOOR) is not None
    unknown = () if at_home else (Missing.AT_HOME,)
    return unknown if hub_online(now) else (*unknown, Missing.HUB)


def _habit(rule: StillnessRule, motion: Series) -> float | None:
    """Return the usual seconds between two words of the hub, before it fell silent."""
    start = float(motion.times[-1]) - rule.usual_days * DAY
    spoken = motion.since(start)
    times, counts = motion.times[spoken], counts_of(motion)[spoken]
    if len(times) < 2 or counts.sum() < rule.least_readings:  # noqa: PLR2004 (apart are two)
        return None
    return usual_apart(times, counts)


def _awake_since(rule: StillnessRule, last: float, zone_name: str) -> float:
    """Return when the person should have been awake for `waking_hours` since an instant."""
    zone, left = zone_of(zone_name), rule.waking_hours * HOUR
    day = datetime.fromtimestamp(last, zone).date()
    while True:
        dawn, dusk = (
            datetime.combine(day, time(hour), tzinfo=zone).timestamp()
            for hour in (rule.waking_from, rule.waking_until)
        )
        awake = max(dusk - max(last, dawn), 0.0)
        if awake >= left:
            return max(last, dawn) + left
        left -= awake
        day += timedelta(days=1)
