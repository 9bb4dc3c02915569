"""Oxygen and pulse together: a fall of one and a rise of the other, in the person's own spreads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Severity, Vital
from monitoring.criteria_tests import HOUR
from monitoring.moment import Hit, evidence
from monitoring.phrases import Number, Phrase, shortest
from monitoring.rule_kinds import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Evidence
    from monitoring.moment import Moment

SLACK = 1.0  # seconds
SPO2, PULSE = Vital.SPO2, Vital.HEART_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class OximetryRule(Rule):
    """The mean of (SpO2 below, heart rate above the usual) in robust spreads, `limit` or more.

    `with_symptom` is the tier where one of `symptoms` was answered yes within `hours`, or where
    one of `rising` was answered higher than on any of the `rising_days` days before.
    """

    severity: Severity
    limit: float
    usual_days: int
    symptoms: tuple[Vital, ...]
    with_symptom: Severity
    hours: float = 24.0
    rising: tuple[Vital, ...] = ()
    rising_days: int = 7


def oximetry(rule: OximetryRule, now: Moment) -> Iterator[Hit]:
    """Score the day's medians of both against the days before."""
    oxygen, pulse = now.today(SPO2), now.today(PULSE)
    if oxygen is None or pulse is None:
        return
    usual, usual_pulse = (now.usual(v, window=1, days=rule.usual_days) for v in (SPO2, PULSE))
    if usual is None or usual_pulse is None:
        return
    value = float(oxygen.daily.medians[-1])
    fall = (usual.centre - value) / usual.spread
    rise = (float(pulse.daily.medians[-1]) - usual_pulse.centre) / usual_pulse.spread
    score = (fall + rise) / 2
    symptom = tuple(e for vital in rule.symptoms for e in _yes(vital, rule, now))
    symptom += tuple(e for vital in rule.rising for e in _risen(vital, rule, now))
    times = [float(oxygen.times[-1]), float(pulse.times[-1])]
    times += [each.effective.timestamp() for each in symptom]
    if round(score, 6) < rule.limit or now.at - max(times) > SLACK:
        return
    yield Hit(
        rule=rule,
        severity=rule.with_symptom if symptom else rule.severity,
        at=max(times),
        day=now.day,
        vital=SPO2,
        value=value,
        usual=usual,
        change=value - usual.centre,
        span=float(rule.usual_days),
        evidence=(
            *evidence(oxygen, SPO2, [len(oxygen) - 1]),
            *evidence(pulse, PULSE, [len(pulse) - 1]),
            *symptom,
        ),
        because=str(symptom[0].vital) if symptom else "",
        remark=Number(score, 1),
        otherwise=Phrase(
            "It would not have fired with a mean of both below {limit} times the"
            " day-to-day variation.",
            {"limit": shortest(rule.limit)},
        ),
    )


def _yes(vital: Vital, rule: OximetryRule, now: Moment) -> tuple[Evidence, ...]:
    series = now.series(vital)
    if series is None or now.at - float(series.times[-1]) > rule.hours * HOUR:
        return ()
    return evidence(series, vital, [len(series) - 1]) if series.values[-1] >= 1 else ()


def _risen(vital: Vital, rule: OximetryRule, now: Moment) -> tuple[Evidence, ...]:
    """Return the answer that is worse than every one of the days before; a first one is new."""
    series = now.series(vital)
    if series is None or now.at - float(series.times[-1]) > rule.hours * HOUR:
        return ()
    today, value = int(series.days[-1]), float(series.values[-1])
    low, high = (int(i) for i in series.days.searchsorted((today - rule.rising_days, today)))
    before = float(series.values[low:high].max()) if high > low else 0.0
    first_of_a_scale = high == low and MEASURES[vital].high > 1
    if value <= before or first_of_a_scale:
        return ()
    return evidence(series, vital, [len(series) - 1])


def vitals(rule: OximetryRule) -> frozenset[Vital]:
    """Return what the score and its tier rest on."""
    return frozenset({SPO2, PULSE, *rule.symptoms, *rule.rising})


def faults(rule: OximetryRule) -> Iterator[str]:
    """Tell of a score without a symptom that would be above YELLOW (multiplicity)."""
    if rule.severity.rank > Severity.YELLOW.rank:
        yield "oxygen and pulse alone may not be above YELLOW"
    if rule.limit <= 0:
        yield "limit must be above 0"
