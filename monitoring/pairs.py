"""Two pressures of one person minutes apart, in two postures: how far they fall on standing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from core.vitals import Severity, Vital
from monitoring.comparison import Comparison
from monitoring.moment import Hit, evidence
from monitoring.otherwise import safe_side
from monitoring.rule_check import in_range
from monitoring.rule_kinds import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Evidence
    from monitoring.moment import Moment

MINUTE = 60.0
DAY = 86_400.0
SLACK = 1.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """One pressure before and after standing up: a fall of `amount` mmHg or more counts.

    Where the first value is `high` or more, `amount_high` is asked instead.
    """

    before: Vital
    after: Vital
    amount: float
    high: float | None = None
    amount_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRule(Rule):
    """A fall between two postures, `minutes` apart at most, or a value too low after it.

    Graver where one of `graver` was noted (1) within `graver_days` before.
    """

    severity: Severity
    falls: tuple[Fall, ...]
    minutes: float
    least_after: float | None = None  # the first fall's second value below this counts too
    graver: tuple[Vital, ...] = ()
    graver_severity: Severity = Severity.AMBER
    graver_days: float = 7.0


class _Pair(NamedTuple):
    fall: Fall
    before: float | None
    after: float
    at: float
    limit: float
    evidence: tuple[Evidence, ...]


def pair(rule: PairRule, now: Moment) -> Iterator[Hit]:
    """Compare a pressure taken at this instant with the newest one in the other posture."""
    found = next((p for f in rule.falls if (p := _fallen(rule, f, now)) is not None), None)
    if found is None:
        return
    grave = tuple(e for vital in rule.graver for e in _noted(vital, rule, now))
    yield Hit(
        rule=rule,
        severity=rule.graver_severity if grave else rule.severity,
        at=found.at,
        day=now.day,
        vital=found.fall.after,
        value=found.after,
        limit=found.limit,
        change=None if found.before is None else found.after - found.before,
        evidence=(*found.evidence, *grave),
        because=str(grave[0].vital) if grave else "",
        otherwise=safe_side(found.fall.after, _asked(found), found.limit),
    )


def _asked(found: _Pair) -> Comparison:
    """Return how the second value was held against the limit: a fall, or a value too low."""
    return Comparison.BELOW if found.before is None else Comparison.AT_MOST


def _fallen(rule: PairRule, fall: Fall, now: Moment) -> _Pair | None:
    after, before = now.series(fall.after), now.series(fall.before)
    if after is None or now.at - float(after.times[-1]) > rule.minutes * MINUTE + SLACK:
        return None
    at, value = float(after.times[-1]), float(after.values[-1])
    first = None if before is None else float(before.times[-1])
    newest = max(at, first or at)
    if now.at - newest > SLACK:
        return None
    if before is not None and first is not None and abs(at - first) <= rule.minutes * MINUTE:
        base = float(before.values[-1])
        amount = fall.amount
        if fall.high is not None and fall.amount_high is not None and base >= fall.high:
            amount = fall.amount_high
        if base - value >= amount:
            both = (*evidence(before, fall.before, [-1 % len(before)]), *_last(now, fall.after))
            return _Pair(fall, base, value, newest, base - amount, both)
    if rule.least_after is not None and fall is rule.falls[0] and value < rule.least_after:
        return _Pair(fall, None, value, at, rule.least_after, _last(now, fall.after))
    return None


def _last(now: Moment, vital: Vital) -> tuple[Evidence, ...]:
    series = now.past.series[vital]
    return evidence(series, vital, [len(series) - 1])


def _noted(vital: Vital, rule: PairRule, now: Moment) -> tuple[Evidence, ...]:
    series = now.series(vital)
    if series is None:
        return ()
    first = int(series.times.searchsorted(now.at - rule.graver_days * DAY))
    noted = [i for i in range(first, len(series)) if series.values[i] >= 1]
    return evidence(series, vital, noted[-1:])


def vitals(rule: PairRule) -> frozenset[Vital]:
    """Return the vitals whose arrival may complete the pair or make it graver."""
    return frozenset(v for f in rule.falls for v in (f.before, f.after))


def faults(rule: PairRule) -> Iterator[str]:
    """Tell of pairs without falls, and of falls that no device could report."""
    if not rule.falls:
        yield "no falls"
    if rule.minutes <= 0:
        yield "minutes must be above 0"
    for fall in rule.falls:
        if fall.amount <= 0:
            yield f"{fall.after}: amount must be above 0"
        if (fall.high is None) != (fall.amount_high is None):
            yield f"{fall.after}: high and amount_high go together"
    if rule.least_after is not None and rule.falls:
        yield from in_range(rule.falls[0].after, rule.least_after)
