"""What single readings say: limits, their repeats, and the second fact that raises a tier.

Every rule function here and in `averages`, `trends` and `silence` has one form: a rule and a
moment in, what fires (`Hit`) or what waits for a repeat (`Waiting`) out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.vitals import Quality, Severity
from monitoring.findings import Missing
from monitoring.likeness import ANY
from monitoring.moment import Hit, Waiting, evidence, kept_evidence
from monitoring.whom import on_oxygen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Evidence, Usual
    from monitoring.moment import Moment
    from monitoring.rule_kinds import (
        Companion,
        Level,
        LimitRule,
        Raise,
        RepeatedDaysRule,
    )
    from monitoring.windows import Kept, Series

MINUTE = 60.0
HOUR = 3_600.0
SLACK = 1.0  # seconds; a recheck falls due exactly at the end of the wait


def limit(rule: LimitRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Judge the latest reading of a vital against the rule's levels, gravest first."""
    series = now.series(rule.vital)
    bound = _latest_bound(rule, now) if now.past.bounds else None
    if bound is not None and (series is None or float(series.times[-1]) <= bound.at):
        yield bound
        return
    if series is None or not _current(rule, series, now):
        return
    for level in rule.levels:
        judged = _judge(rule, level, series, now)
        if judged is not None:
            yield judged
        if isinstance(judged, Hit):
            return


def _current(rule: LimitRule, series: Series, now: Moment) -> bool:
    """Return whether the latest reading still awaits judgement at this moment."""
    patience = max((level.unanswered_minutes or 0.0) for level in rule.levels)
    companion = max((level.raised.within_hours if level.raised else 0.0) for level in rule.levels)
    return now.at - float(series.times[-1]) <= max(patience * MINUTE, companion * HOUR) + SLACK


def _judge(rule: LimitRule, level: Level, series: Series, now: Moment) -> Hit | Waiting | None:
    value = float(series.values[_worst_of_last(level, series)])
    if not _past_limit(level, value):
        return None
    usual = (
        now.usual(rule.vital, window=1, days=level.usual_days, like=ANY) if level.change else None
    )
    if not _past_change(level, value, usual):
        return None
    agreeing = _agreeing(level, series, usual)
    confirmed = len(agreeing) >= level.readings
    because = _raise(level.raised, now)
    severity = level.severity
    if because and level.raised and (confirmed or level.raised.at_once):
        severity = level.raised.severity
    if severity is not Severity.RED and not confirmed:
        if level.unanswered_minutes is None:
            return None
        until = float(series.times[-1]) + level.unanswered_minutes * MINUTE
        if now.at < until:
            return Waiting(until, evidence(series, rule.vital, [len(series) - 1])[0])
    return _hit(rule, level, now, _Case(series, usual, agreeing, severity, confirmed, because))


def _worst_of_last(level: Level, series: Series) -> int:
    """Return the index of the latest reading; of two devices at one instant, the worse.

    Readings of one instant stand in order of value.
    """
    if level.comparison.upward or len(series) == 1 or series.times[-2] < series.times[-1]:
        return len(series) - 1
    return int(series.times.searchsorted(series.times[-1]))


class _Case(NamedTuple):
    series: Series
    usual: Usual | None
    agreeing: list[int]
    severity: Severity
    confirmed: bool
    because: tuple[str, tuple[Evidence, ...]] | None


def _hit(rule: LimitRule, level: Level, now: Moment, case: _Case) -> Hit:
    series = case.series
    last = case.agreeing[-1]
    value = float(series.values[last])
    usual = case.usual or now.usual(rule.vital, window=1, days=level.usual_days, like=ANY)
    times = [float(series.times[last])]
    if case.because:
        times += [e.effective.timestamp() for e in case.because[1]]
    return Hit(
        rule=rule,
        severity=case.severity,
        at=max(times),
        day=int(series.days[last]),
        vital=rule.vital,
        value=value,
        limit=_effective_limit(level, usual),
        usual=usual,
        change=value - usual.centre if usual else None,
        since=float(series.times[case.agreeing[0]]),
        count=len(case.agreeing),
        evidence=(
            *evidence(series, rule.vital, case.agreeing),
            *(case.because[1] if case.because else ()),
        ),
        confirmed=case.confirmed,
        missing=() if usual else (Missing.BASELINE,),
        because=case.because[0] if case.because and case.severity != level.severity else "",
    )


def _effective_limit(level: Level, usual: Usual | None) -> float | None:
    """Return the limit that counted: the fixed one, or the one at the person's usual."""
    if level.limit is not None or level.change is None or usual is None:
        return level.limit
    return usual.centre + level.change


def _past_limit(level: Level, value: float) -> bool:
    comparison = level.comparison
    if level.limit is not None and not comparison.holds(value, level.limit):
        return False
    if level.short_of is None:
        return True
    return value < level.short_of if comparison.upward else value > level.short_of


def _past_change(level: Level, value: float, usual: Usual | None) -> bool:
    if level.change is None:
        return True
    return usual is not None and level.comparison.holds(
        round(value - usual.centre, DIGITS), level.change
    )


DIGITS = 6  # 37.6 - 36.5 is 1.1000000000000014


def _agreeing(level: Level, series: Series, usual: Usual | None) -> list[int]:
    """Return the indices, ascending, of the readings that confirm the latest one."""
    last = _worst_of_last(level, series)
    start = float(series.times[last]) - level.within_minutes * MINUTE
    chosen = [last]
    for i in range(last - 1, -1, -1):
        time, value = float(series.times[i]), float(series.values[i])
        if time < start:
            break
        beyond = _past_limit(level, value) and _past_change(level, value, usual)
        if level.consecutive and not beyond:
            break
        if beyond and float(series.times[chosen[-1]]) - time >= level.apart_minutes * MINUTE:
            chosen.append(i)
    return chosen[::-1]


def _raise(raised: Raise | None, now: Moment) -> tuple[str, tuple[Evidence, ...]] | None:
    if raised is None:
        return None
    for medicine in sorted(raised.medicines & now.person.medicines):
        return medicine, ()
    for companion in raised.companions:
        found = _companion(companion, raised.within_hours * HOUR, now)
        if found:
            return str(companion.vital), found
    return None


def _companion(companion: Companion, within: float, now: Moment) -> tuple[Evidence, ...]:
    if companion.scale_two not in (None, now.person.scale_two):
        return ()
    if companion.on_oxygen is not None and companion.on_oxygen is not on_oxygen(now):
        return ()
    series = now.series(companion.vital)
    if series is None or now.at - float(series.times[-1]) > within:
        return ()
    if not companion.comparison.holds(float(series.values[-1]), companion.limit):
        return ()
    return evidence(series, companion.vital, [len(series) - 1])


def _latest_bound(rule: LimitRule, now: Moment) -> Hit | None:
    """Return the hit of a meter that showed LO or HI at this moment: it proves a limit."""
    for bound in reversed(now.past.bounds):
        if bound.time < now.at - HOUR:
            return None
        if bound.vital is rule.vital:
            return _bound_hit(rule, bound)
    return None


def _bound_hit(rule: LimitRule, bound: Kept) -> Hit | None:
    for level in rule.levels:
        # Only a RED is proven by one bound: what lies below, or is held against the usual, needs
        # the value itself.
        red = level.severity is Severity.RED and level.limit is not None and level.change is None
        if red and proves(bound, level):
            return Hit(
                rule=rule,
                severity=level.severity,
                at=bound.time,
                day=bound.day,
                vital=bound.vital,
                value=bound.value,
                limit=level.limit,
                evidence=(kept_evidence(bound),),
                confirmed=False,
                bound="above" if level.comparison.upward else "below",
                missing=(Missing.EXACT,),
            )
    return None


def proves(bound: Kept, level: Level | RepeatedDaysRule) -> bool:
    """Return whether every value that a comparator allows lies beyond the limit (FHIR-18)."""
    if bound.quality is not Quality.BOUND or level.limit is None:
        return False
    towards = ">" if level.comparison.upward else "<"
    if not bound.comparator.startswith(towards):
        return False
    if bound.value == level.limit:
        # At most 54 may be 54, which is not below 54; less than 54 is.
        return bound.comparator == towards or level.comparison.holds(bound.value, level.limit)
    return level.comparison.holds(bound.value, level.limit)
