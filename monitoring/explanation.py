"""Keeps what fired as data: messages of its rule, and the facts that stand in their sentences.

`words` makes sentences of it, when somebody reads it and in their language. Numbers carry the
decimals they are shown with, never so few that a value and the limit it passed read the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Vital
from monitoring.findings import Finding, Says
from monitoring.otherwise import otherwise
from monitoring.phrases import Instant, Phrase, measured, number, shortest, whole
from monitoring.rule_kinds import (
    AverageRule,
    ChangeRule,
    DriftRule,
    LimitRule,
    RepeatedDaysRule,
    SustainedRule,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.vitals import Severity
    from monitoring.moment import Hit
    from monitoring.phrases import Number, Value

HELD_AGAINST_USUAL = (
    *(LimitRule, AverageRule, ChangeRule),
    *(SustainedRule, DriftRule, RepeatedDaysRule),
)


def finding(hit: Hit, *, zone: str, closing: Mapping[Severity, str]) -> Finding:
    """Return a hit as a finding that explains itself, in the messages of its rule."""
    rule = hit.rule
    return Finding(
        rule_id=rule.id,
        problem=hit.problem or rule.problem,
        severity=hit.severity,
        at=datetime.fromtimestamp(hit.at, UTC),
        says=Says(
            clinician=rule.clinician,
            patient=rule.patient,
            closing=closing.get(hit.severity, ""),
            facts=_facts(hit, zone),
            beside_usual=isinstance(rule, HELD_AGAINST_USUAL) and not hit.bound,
            because=_because(hit),
            otherwise=hit.otherwise or otherwise(hit),
            restart=hit.restart,
        ),
        source=rule.source,
        confidence=rule.confidence,
        vital=hit.vital,
        value=hit.value,
        limit=hit.limit,
        usual=hit.usual,
        evidence=hit.evidence,
        confirmed=hit.confirmed,
        missing=hit.missing,
        day=date.fromordinal(hit.day),
    )


def _facts(hit: Hit, zone: str) -> dict[str, Value]:
    """Return what is known of a hit, by the names that a rule's sentence may use."""
    facts: dict[str, Value] = {"count": whole(hit.count), "basis": _basis(hit.count)}
    facts |= _of_vital(hit)
    facts |= _of_change(hit)
    if hit.limit is not None:
        facts["limit"] = number(hit.limit, hit.vital, beside=hit.value)
    if hit.span is not None:
        facts["span"] = whole(hit.span)
    if hit.since is not None:
        facts["since"] = Instant(hit.since, zone)
    if hit.remark is not None:
        facts["remark"] = hit.remark
    if hit.held:
        facts["held"] = hit.held
    return facts


@cache
def _basis(count: int) -> Phrase:
    if count == 1:
        return Phrase("one reading")
    return Phrase("mean of {count} readings", {"count": whole(count)})


def _of_vital(hit: Hit) -> dict[str, Value]:
    vital = hit.vital
    if vital is None:
        return {}
    facts: dict[str, Value] = dict(_named(vital))
    if hit.value is not None:
        shown = number(hit.value, vital, beside=hit.limit)
        facts["value"] = _bound(hit.bound, shown) if hit.bound else shown
    return facts


_WHICH = {Vital.SYSTOLIC_BP: Phrase("upper"), Vital.DIASTOLIC_BP: Phrase("lower")}


@cache
def _named(vital: Vital) -> Mapping[str, Phrase]:
    measure = MEASURES[vital]
    named = {"measure": Phrase(measure.display), "unit": Phrase(measure.unit_display)}
    return named | ({"which": _WHICH[vital]} if vital in _WHICH else {})


def _bound(side: str, shown: Number) -> Phrase:
    """Return a value that is only a bound: the meter showed LO or HI."""
    if side.startswith("above"):
        return Phrase("above {value}", {"value": shown})
    return Phrase("below {value}", {"value": shown})


def _of_change(hit: Hit) -> dict[str, Value]:
    facts: dict[str, Value] = {}
    if (asked := _asked(hit)) is not None:
        facts["amount"] = asked
    if hit.change is None:
        return facts
    change = abs(hit.change)
    facts["change"] = number(change, hit.vital, beside=_kilograms(hit))
    reference = hit.value - hit.change if hit.value is not None else 0.0
    if change and reference:
        facts["percent"] = whole(100 * change / reference)
    return facts


def _kilograms(hit: Hit) -> float:
    """Return the change that the rule asks for, so that both never read the same."""
    rule = hit.rule
    return abs(rule.amount) if isinstance(rule, ChangeRule) and not rule.fraction else 0.0


def _asked(hit: Hit) -> Number | None:
    rule = hit.rule
    if isinstance(rule, ChangeRule):
        return shortest(abs(100 * rule.amount) if rule.fraction else abs(rule.amount))
    if isinstance(rule, DriftRule) and rule.ratio is not None:
        return shortest(100 * rule.ratio)
    if isinstance(rule, SustainedRule | DriftRule):
        return shortest(abs(rule.change or 0.0))
    return None


def _because(hit: Hit) -> Phrase | None:
    if not hit.because:
        return None
    second = next((e for e in hit.evidence if e.vital == hit.because), None)
    return Phrase(hit.because) if second is None else measured(second.vital, second.value)
