"""When a set of observations is alarming as a whole: its early warning total, or one part of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Severity, Vital
from monitoring.baseline import median
from monitoring.findings import Problem
from monitoring.moment import Hit, Waiting, evidence
from monitoring.news2 import MEASURED, PART_OF, SCORED_AS, Chart, Part, Total, total
from monitoring.phrases import Phrase, whole
from monitoring.rule_kinds import Rule
from monitoring.whom import AIR, on_oxygen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitoring.moment import Moment
    from monitoring.phrases import Value
    from monitoring.windows import Series

SLACK = 1.0  # seconds
HOUR = 3_600.0
MINUTE = 60.0
INPUTS = (*MEASURED, *SCORED_AS, Vital.NEW_CONFUSION)
LEAST_DAYS = 7  # with the parts of today, before a median of totals is one (evidence.md 1.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyWarningRule(Rule):
    """A total of `least` to `most` from one set, whose values lie within `hours` of each other.

    With `single`, one part that scores so much while the total stays below `least`: it waits
    for a repeat (AL-20). With `rise`, a total so much above the median of `usual_days` days.
    """

    severity: Severity
    least: int
    most: int = 20
    hours: float = 2.0
    single: int = 0
    rise: int = 0
    usual_days: int = 14
    least_parts: int = 1  # parts that must score anything
    unanswered_minutes: float = 30.0
    # Vitals whose single part is left to a clinician's own limit, with the end (True: high).
    spared: frozenset[tuple[Vital, bool]] = field(default=frozenset(), repr=False)
    chart: Chart = field(default=Chart(), repr=False)  # the rulebook's own, put in when it is read


def early_warning(rule: EarlyWarningRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Score the set that is complete at this instant."""
    taken, scored = _set(rule, now)
    if not taken or scored is None:
        return
    if rule.single:
        yield from _single(rule, now, taken, scored)
        return
    if now.at - _completed(now, taken) > SLACK or scored.scoring < rule.least_parts:
        return
    if not rule.least <= scored.sum <= rule.most:
        return
    usual = _usual_total(rule, now, taken) if rule.rise else None
    if rule.rise and (usual is None or scored.sum - usual < rule.rise):
        return
    hit = _hit(rule, now, taken, scored)
    yield hit if usual is None else replace(hit, change=scored.sum - usual)


def _set(rule: EarlyWarningRule, now: Moment) -> tuple[dict[Vital, Series], Total | None]:
    """Return what was measured within the hours of a rule, and its total; found once a moment."""
    key = (EarlyWarningRule, rule.hours, id(rule.chart))
    if key not in now.told:
        taken = _within(rule.hours, now)
        now.told[key] = (taken, _total(rule.chart, now, taken) if taken else None)
    found: tuple[dict[Vital, Series], Total | None] = now.told[key]
    return found


def _total(chart: Chart, now: Moment, taken: Mapping[Vital, Series]) -> Total:
    return total(
        chart,
        {SCORED_AS.get(vital, vital): float(s.values[-1]) for vital, s in taken.items()},
        scale_two=now.person.scale_two,
        oxygen=on_oxygen(now),
    )


def _within(hours: float, now: Moment) -> dict[Vital, Series]:
    known = {vital: now.series(vital) for vital in INPUTS}
    taken = {
        vital: series
        for vital, series in known.items()
        if series is not None and now.at - float(series.times[-1]) <= hours * HOUR
    }
    return {vital: s for vital, s in taken.items() if SCORED_AS.get(vital) not in taken}


def _completed(now: Moment, taken: Mapping[Vital, Series]) -> float:
    """Return when the last fact of a set was told; oxygen is one, though it has no band."""
    oxygen = (series for vital in AIR if (series := now.series(vital)) is not None)
    times = [float(series.times[-1]) for series in (*taken.values(), *oxygen)]
    return max(times)


def _hit(rule: EarlyWarningRule, now: Moment, taken: Mapping[Vital, Series], scored: Total) -> Hit:
    return Hit(
        rule=rule,
        severity=rule.severity,
        at=_completed(now, taken),
        day=now.day,
        count=len(scored.parts),
        span=float(scored.sum),
        evidence=tuple(
            e for vital, series in taken.items() for e in evidence(series, vital, [len(series) - 1])
        ),
        missing=tuple(str(part) for part in scored.missing),
        remark=spoken(scored),
        otherwise=Phrase(
            "It would not have fired with a total below {limit}.", {"limit": whole(rule.least)}
        ),
    )


def spoken(scored: Total) -> Phrase:
    """Return a total as it is said; a partial one is never called NEWS2."""
    parts = tuple(
        Phrase("{part} {score}", {"part": Phrase(part), "score": whole(score)})
        for part, score in scored.parts.items()
        if score
    )
    facts: dict[str, Value] = {"total": whole(scored.sum), "known": whole(len(scored.parts))}
    if parts:
        facts["parts"] = parts
    if not scored.partial:
        return Phrase("NEWS2 {total} ({parts})" if parts else "NEWS2 {total}", facts)
    if parts:
        return Phrase(
            "Partial early warning total of at least {total} from {known} of 7 parts ({parts})",
            facts,
        )
    return Phrase("Partial early warning total of at least {total} from {known} of 7 parts", facts)


def _single(
    rule: EarlyWarningRule, now: Moment, taken: Mapping[Vital, Series], scored: Total
) -> Iterator[Hit | Waiting]:
    if scored.sum >= rule.least:
        return
    for vital, series in taken.items():
        if scored.parts[PART_OF[vital]] < rule.single or _spared(rule, vital, series, now):
            continue
        at = float(series.times[-1])
        confirmed = _repeated(rule, vital, series, now)
        until = at if confirmed else at + rule.unanswered_minutes * MINUTE
        if now.at < until:
            yield Waiting(until)
        elif now.at <= until + SLACK:
            yield replace(
                _hit(rule, now, taken, scored),
                at=at,
                day=int(series.days[-1]),
                vital=vital,
                value=float(series.values[-1]),
                usual=now.usual(vital, window=1, days=28),
                confirmed=confirmed,
                otherwise=Phrase(
                    "It would not have fired with {part} scoring below {limit}.",
                    {"part": Phrase(PART_OF[vital]), "limit": whole(rule.single)},
                ),
                problem=PROBLEM_OF[PART_OF[vital]],
            )


def _spared(rule: EarlyWarningRule, vital: Vital, series: Series, now: Moment) -> bool:
    if vital is Vital.NEW_CONFUSION or not rule.spared:
        return False
    bands = rule.chart.bands_of(vital, scale_two=now.person.scale_two, oxygen=on_oxygen(now))
    return (vital, bands.above(float(series.values[-1]))) in rule.spared


def _repeated(rule: EarlyWarningRule, vital: Vital, series: Series, now: Moment) -> bool:
    """Return whether the reading before it, within the set's hours, scored as much."""
    if vital is Vital.NEW_CONFUSION:
        return True  # an answer is not a measurement that slips
    if len(series) == 1 or series.times[-1] - series.times[-2] > rule.hours * HOUR:
        return False
    bands = rule.chart.bands_of(vital, scale_two=now.person.scale_two, oxygen=on_oxygen(now))
    return bool(bands.score(series.values[-2:-1])[0] >= rule.single)


def _usual_total(
    rule: EarlyWarningRule, now: Moment, taken: Mapping[Vital, Series]
) -> float | None:
    """Return the median total of the days before that have the same measurements as today."""
    measured = [vital for vital in taken if vital is not Vital.NEW_CONFUSION]
    oxygen = on_oxygen(now)
    scores: dict[int, list[float]] = {}
    for vital in measured:
        days = taken[vital].daily.between(now.day - rule.usual_days, now.day - 1)
        bands = rule.chart.bands_of(vital, scale_two=now.person.scale_two, oxygen=oxygen)
        for day, score in zip(days.days.tolist(), bands.score(days.medians), strict=True):
            scores.setdefault(day, []).append(float(score))
    whole = [sum(parts) for parts in scores.values() if len(parts) == len(measured)]
    if len(whole) < LEAST_DAYS:
        return None
    return median(np.array(whole)) + (rule.chart.on_oxygen if oxygen else 0.0)


PROBLEM_OF = {
    Part.RESPIRATION: Problem.BREATHING,
    Part.OXYGEN_SATURATION: Problem.BREATHING,
    Part.SYSTOLIC: Problem.BLOOD_PRESSURE,
    Part.PULSE: Problem.RHYTHM,
    Part.TEMPERATURE: Problem.INFECTION,
    Part.CONSCIOUSNESS: Problem.DECLINE,
}


def vitals(rule: EarlyWarningRule) -> frozenset[Vital]:
    """Return every input of the score."""
    del rule
    return frozenset((*INPUTS, *AIR))


def faults(rule: EarlyWarningRule) -> Iterator[str]:
    """Tell of totals that no set can have, and of a rise that would be above YELLOW."""
    highest = rule.chart.highest
    if not 0 < rule.least <= min(rule.most, highest):
        yield f"least and most must rise between 1 and {highest}"
    if rule.single not in (0, 1, 2, 3):
        yield "single must be 1, 2 or 3"
    if rule.rise and rule.severity.rank > Severity.YELLOW.rank:
        yield "a rise alone may not be above YELLOW"
