"""Every kind of rule: its fields, what makes it fire, whose arrival concerns it, its faults.

A new kind is one dataclass, one function and one line here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.vitals import Vital
from monitoring import (
    adherence,
    averages,
    clocks,
    control_charts,
    criteria,
    device_faults,
    doubles,
    early_warning,
    events,
    hub,
    missed,
    motion,
    moved_scale,
    oximetry,
    pairs,
    rule_check,
    rules,
    silence,
    slips,
    stillness,
    trends,
)
from monitoring.rule_kinds import (
    AverageRule,
    ChangeRule,
    ClockRule,
    ComboRule,
    DriftRule,
    ImplausibleRule,
    LimitRule,
    RepeatedDaysRule,
    Rule,
    ScoreRule,
    SilenceRule,
    StillnessRule,
    SustainedRule,
    UnitSlipRule,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitoring.moment import Hit, Moment, Waiting


def _none(_rule: Any) -> Iterator[str]:
    return iter(())


def _no_vitals(_rule: Any) -> frozenset[Vital]:
    return frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rule.

    `fire` is None where the rule is not asked at a moment: the score, and combinations.
    `vitals` are those whose arrival may make a rule fire; `timed` says that time alone can, and
    `arrived` that it is about arrivals and not about when anything was measured.
    """

    rule: type[Rule]
    fire: Callable[[Any, Moment], Iterator[Hit | Waiting]] | None
    vitals: Callable[[Any], frozenset[Vital]] = _no_vitals
    faults: Callable[[Any], Iterator[str]] = _none
    timed: bool = False
    arrived: bool = False


def _limit_vitals(rule: LimitRule) -> frozenset[Vital]:
    raises = [level.raised for level in rule.levels if level.raised]
    return frozenset({rule.vital, *(c.vital for r in raises for c in r.companions)})


def _term_vitals(rule: AverageRule) -> frozenset[Vital]:
    return frozenset(term.vital for term in rule.terms)


def _several(rule: SustainedRule | DriftRule) -> frozenset[Vital]:
    return frozenset(rule.vitals)


def _one(rule: ChangeRule | RepeatedDaysRule) -> frozenset[Vital]:
    return frozenset({rule.vital})


def _pressures(_rule: Any) -> frozenset[Vital]:
    return frozenset({Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP})


def _finger(_rule: Any) -> frozenset[Vital]:
    return frozenset({Vital.SPO2, Vital.PERFUSION_INDEX})


def _any(_rule: ImplausibleRule) -> frozenset[Vital]:
    return frozenset(Vital)


KINDS: dict[str, Kind] = {
    "limit": Kind(LimitRule, rules.limit, _limit_vitals, rule_check.limit_rule),
    "average": Kind(AverageRule, averages.average, _term_vitals, rule_check.average_rule),
    "change": Kind(ChangeRule, trends.change, _one, rule_check.change_rule),
    "sustained": Kind(SustainedRule, trends.sustained, _several, rule_check.sustained_rule),
    "drift": Kind(DriftRule, trends.drift, _several, rule_check.drift_rule),
    "repeated-days": Kind(
        RepeatedDaysRule, trends.repeated_days, _one, rule_check.repeated_days_rule
    ),
    "criteria": Kind(criteria.CriteriaRule, criteria.criteria, criteria.vitals, criteria.faults),
    "pair": Kind(pairs.PairRule, pairs.pair, pairs.vitals, pairs.faults),
    "event": Kind(events.EventRule, events.event, events.vitals, events.faults),
    "oximetry": Kind(oximetry.OximetryRule, oximetry.oximetry, oximetry.vitals, oximetry.faults),
    "early-warning": Kind(
        early_warning.EarlyWarningRule,
        early_warning.early_warning,
        early_warning.vitals,
        early_warning.faults,
    ),
    "control-chart": Kind(
        control_charts.ControlChartRule,
        control_charts.control_chart,
        control_charts.vitals,
        control_charts.faults,
    ),
    "motion-gap": Kind(motion.GapRule, motion.gap, faults=motion.faults, timed=True),
    "rising": Kind(motion.MorningRule, motion.morning, faults=motion.faults, timed=True),
    "bathroom": Kind(motion.BathroomRule, motion.bathroom, timed=True),
    "hub": Kind(hub.HubRule, hub.hub, timed=True),
    "adherence": Kind(adherence.AdherenceRule, adherence.adherence, timed=True),
    "other-person": Kind(device_faults.OtherPersonRule, device_faults.other_person, _one),
    "stuck": Kind(device_faults.StuckRule, device_faults.stuck, _several, device_faults.faults),
    "cuff": Kind(device_faults.CuffRule, device_faults.cuff, _pressures),
    "double": Kind(doubles.DoubleRule, doubles.doubled, doubles.vitals, doubles.faults),
    "moved-scale": Kind(
        moved_scale.MovedScaleRule, moved_scale.moved, moved_scale.vitals, moved_scale.faults
    ),
    "cold-finger": Kind(device_faults.ColdFingerRule, device_faults.cold_finger, _finger),
    "silence": Kind(SilenceRule, silence.silence, timed=True),
    "missed": Kind(missed.MissedRule, missed.missed, timed=True),
    "stillness": Kind(StillnessRule, stillness.stillness, timed=True),
    "implausible": Kind(ImplausibleRule, silence.implausible, _any, rule_check.implausible_rule),
    "unit-slip": Kind(UnitSlipRule, slips.unit_slip, slips.vitals),
    "clock": Kind(ClockRule, clocks.clock, arrived=True),
    "score": Kind(ScoreRule, None, faults=rule_check.score_rule),
    "combo": Kind(ComboRule, None),
}
_BY_TYPE = {kind.rule: kind for kind in KINDS.values()}


def kind_of(rule: Rule) -> Kind:
    """Return the kind of a rule."""
    return _BY_TYPE[type(rule)]
