"""Readings that are true of the device, or of somebody else: another person, a stuck sensor.

All are about the measurement, never about the person; nothing is converted or thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import MEASURES, Severity, Vital
from monitoring.baseline import usual_between
from monitoring.moment import Hit, evidence
from monitoring.newcomers import so_far
from monitoring.phrases import Number, Phrase, shortest, whole
from monitoring.rule_kinds import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Usual
    from monitoring.moment import Moment
    from monitoring.series import Bools, Floats, Series

SLACK = 1.0  # seconds
DIGITS = 6  # 80 - 73.6 is 6.400000000000006
LEAST_PAIRS = 14  # readings before the run, to know how often two are alike by themselves (E)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherPersonRule(Rule):
    """A reading far from the usual, before one that is back at it: probably another person's.

    Far is by more than `fraction` of the usual and by more than `amount`. Until
    `unanswered_minutes` are over it waits for its repeat (`monitoring.unsure`), which agrees
    within `agrees_within`; 0 minutes: it does not wait.
    """

    severity: Severity
    vital: Vital
    fraction: float
    amount: float
    within_days: int = 7
    usual_days: int = 28
    unanswered_minutes: float = 0.0
    agrees_within: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckRule(Rule):
    """A run of `run` equal readings that would happen by itself less often than `chance`."""

    severity: Severity
    vitals: tuple[Vital, ...]
    run: int
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CuffRule(Rule):
    """A pulse pressure outside `low` to `high` mmHg: the cuff or its place, before the heart."""

    severity: Severity
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdFingerRule(Rule):
    """An SpO2 of `limit` or less with a perfusion index of `index` or less: warm the hand first."""

    severity: Severity
    limit: float
    index: float
    minutes: float = 5.0


def other_person(rule: OtherPersonRule, now: Moment) -> Iterator[Hit]:
    """Compare the reading before this one with the usual that this one has come back to."""
    series = now.series(rule.vital)
    if series is None or now.at - float(series.times[-1]) > SLACK:
        return
    last = len(series) - 1
    usual = returned_to(rule, series, last, now.sure(rule.vital))
    if usual is None:
        return
    odd = float(series.values[-2])
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=float(series.times[-1]),
        day=int(series.days[-2]),
        vital=rule.vital,
        value=odd,
        usual=usual,
        change=odd - usual.centre,
        since=float(series.times[-2]),
        evidence=evidence(series, rule.vital, [last - 1, last]),
        otherwise=Phrase("It would not have fired if the next reading had confirmed it."),
    )


def returned_to(
    rule: OtherPersonRule, series: Series, last: int, sure: Bools | None
) -> Usual | None:
    """Return the usual that reading `last` is back at, where the one before it was far off it.

    `sure` bool[n] are the readings that may say what is usual; None stands for all of them.
    In a person's first fortnight it is that of the readings so far.
    Days of open episodes count here: whose measurement it is does not hang on the alerts.
    """
    if last < 1:
        return None
    day = int(series.days[last])
    before = day - rule.within_days + 1
    if day - int(series.days[last - 1]) > rule.within_days:
        return None
    usual = usual_between(series, rule.vital, (before - rule.usual_days, before), sure) or so_far(
        series, rule.vital, float(series.times[last - 1]), rule.usual_days, sure
    )
    if usual is None:
        return None
    far = round(max(rule.fraction * usual.centre, rule.amount), DIGITS)
    away, returned = (
        round(abs(float(series.values[i]) - usual.centre), DIGITS) for i in (last - 1, last)
    )
    return usual if away > far and returned <= far else None


def stuck(rule: StuckRule, now: Moment) -> Iterator[Hit]:
    """Find a run of equal readings that ends now and that this person's values do not explain."""
    for vital in rule.vitals:
        series = now.series(vital)
        if series is None or now.at - float(series.times[-1]) > SLACK:
            continue
        decimals = MEASURES[vital].decimals
        if len(series) < rule.run or np.ptp(np.round(series.values[-rule.run :], decimals)) > 0:
            continue
        if is_stuck(rule, np.round(series.values, decimals)):
            yield Hit(
                rule=rule,
                severity=rule.severity,
                at=float(series.times[-1]),
                day=int(series.days[-1]),
                vital=vital,
                value=float(series.values[-1]),
                count=rule.run,
                since=float(series.times[-rule.run]),
                evidence=evidence(series, vital, range(len(series) - rule.run, len(series))),
                otherwise=Phrase("It would not have fired if one of these readings had differed."),
            )


def is_stuck(rule: StuckRule, shown: Floats) -> bool:
    """Return whether float64[n], as shown and n at least a run, has just become a stuck run."""
    if (shown[-rule.run :] != shown[-1]).any():
        return False
    before = shown[: -rule.run]
    # Only the run as it reaches its length is news; longer, it was said before.
    if not len(before) or before[-1] == shown[-1] or len(before) <= LEAST_PAIRS:
        return False
    alike = float((before[1:] == before[:-1]).mean())
    return alike ** (rule.run - 1) < rule.chance


def cuff(rule: CuffRule, now: Moment) -> Iterator[Hit]:
    """Compare the two pressures of this instant."""
    upper, lower = now.series(Vital.SYSTOLIC_BP), now.series(Vital.DIASTOLIC_BP)
    if upper is None or lower is None or upper.times[-1] != lower.times[-1]:
        return
    if now.at - float(upper.times[-1]) > SLACK:
        return
    pulse = float(upper.values[-1] - lower.values[-1])
    if not misplaced(rule, upper.values[-1:], lower.values[-1:])[0]:
        return
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=float(upper.times[-1]),
        day=int(upper.days[-1]),
        vital=Vital.SYSTOLIC_BP,
        value=float(upper.values[-1]),
        remark=whole(pulse),
        evidence=(
            *evidence(upper, Vital.SYSTOLIC_BP, [len(upper) - 1]),
            *evidence(lower, Vital.DIASTOLIC_BP, [len(lower) - 1]),
        ),
        otherwise=Phrase(
            "It would not have fired with {low} to {high} mmHg between the two pressures.",
            {"low": whole(rule.low), "high": whole(rule.high)},
        ),
    )


def misplaced(rule: CuffRule, upper: Floats, lower: Floats) -> Bools:
    """Return for which pairs, float64[n] mmHg each, the cuff is to be doubted."""
    pulse = upper - lower
    return (pulse < rule.low) | (pulse > rule.high)


def cold_finger(rule: ColdFingerRule, now: Moment) -> Iterator[Hit]:
    """Doubt a low SpO2 that was taken from a poorly perfused finger; it is judged all the same."""
    oxygen, perfusion = now.series(Vital.SPO2), now.series(Vital.PERFUSION_INDEX)
    if oxygen is None or perfusion is None:
        return
    at = max(float(oxygen.times[-1]), float(perfusion.times[-1]))
    apart = abs(float(oxygen.times[-1]) - float(perfusion.times[-1]))
    if now.at - at > SLACK or apart > rule.minutes * 60:
        return
    value, index = float(oxygen.values[-1]), float(perfusion.values[-1])
    if not poorly_perfused(rule, oxygen.values[-1:], perfusion.values[-1:])[0]:
        return
    yield Hit(
        rule=rule,
        severity=rule.severity,
        at=at,
        day=int(oxygen.days[-1]),
        vital=Vital.SPO2,
        value=value,
        limit=rule.limit,
        remark=Number(index, 1),
        evidence=(
            *evidence(oxygen, Vital.SPO2, [len(oxygen) - 1]),
            *evidence(perfusion, Vital.PERFUSION_INDEX, [len(perfusion) - 1]),
        ),
        otherwise=Phrase(
            "It would not have fired with a perfusion index above {limit} %.",
            {"limit": shortest(rule.index)},
        ),
    )


def poorly_perfused(rule: ColdFingerRule, oxygen: Floats, index: Floats) -> Bools:
    """Return for which pairs, float64[n] % each, the finger is to be warmed first."""
    return (oxygen <= rule.limit) & (index <= rule.index)


def faults(rule: StuckRule) -> Iterator[str]:
    """Tell of a run that is none, and of a chance that is none."""
    if rule.run < 3:  # noqa: PLR2004 (two alike are no run)
        yield "run must be at least 3"
    if not 0 < rule.chance < 1:
        yield "chance must lie between 0 and 1"
