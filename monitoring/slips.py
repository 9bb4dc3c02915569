"""Slips of a unit, proposed to a person and never mended.

The ratios are those of `fhir.md` section 5, rule 7; how near is near stands in the rulebook.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.vitals import MEASURES, Vital
from monitoring.moment import Hit, evidence, kept_evidence
from monitoring.newcomers import so_far
from monitoring.phrases import Phrase, number
from monitoring.rules import SLACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from monitoring.findings import Evidence, Usual
    from monitoring.moment import Moment
    from monitoring.phrases import Value
    from monitoring.rule_kinds import UnitSlipRule

POUND = 0.45359237  # kg, exactly
GLUCOSE = 18.016  # mg/dL for each mmol/L, as the rule has it


class Slip(NamedTuple):
    """Two units that are taken for each other, and what the value would be in the other one."""

    words: str
    meant: tuple[Callable[[float], float], ...]


SLIPS: dict[Vital, Slip] = {
    Vital.BODY_WEIGHT: Slip("kilograms and pounds", (lambda v: v * POUND, lambda v: v / POUND)),
    Vital.GLUCOSE: Slip("mg/dL and mmol/L", (lambda v: v * GLUCOSE, lambda v: v / GLUCOSE)),
    Vital.SPO2: Slip("a share and per cent", (lambda v: v * 100,)),
    Vital.BODY_TEMPERATURE: Slip("°C and °F", (lambda v: (v - 32) / 1.8, lambda v: v * 1.8 + 32)),
}


class _Value(NamedTuple):
    value: float
    time: float
    day: int
    evidence: tuple[Evidence, ...]


def unit_slip(rule: UnitSlipRule, now: Moment) -> Iterator[Hit]:
    """Propose another unit for a value of this moment that is far from the usual only by it."""
    for vital, slip in SLIPS.items():
        taken, series = list(_at_once(now, vital)), now.series(vital)
        known = now.usual(vital, window=1, days=rule.usual_days) if taken else None
        for each in taken:
            usual = known
            if usual is None and series is not None:
                usual = so_far(series, vital, each.time, rule.usual_days, now.sure(vital))
            meant = meant_as(each.value, slip, usual, rule.tolerance) if usual else None
            if usual is None or meant is None:
                continue
            yield Hit(
                rule=rule,
                severity=rule.severity,
                at=each.time,
                day=each.day,
                vital=vital,
                value=each.value,
                usual=usual,
                evidence=each.evidence,
                remark=_proposal(slip, vital, meant, usual),
                otherwise=Phrase("It would not have fired with a value near the usual."),
            )


def vitals(_rule: UnitSlipRule) -> frozenset[Vital]:
    """Return what is measured in units that are taken for each other."""
    return frozenset(SLIPS)


def _proposal(slip: Slip, vital: Vital, meant: float, usual: Usual) -> Phrase:
    facts: dict[str, Value] = {
        "units": Phrase(slip.words),
        "meant": number(meant, vital),
        "usual": number(usual.centre, vital),
        "unit": Phrase(MEASURES[vital].unit_display),
    }
    return Phrase(
        "{units} mixed up? It would be {meant} {unit}, and the usual is {usual} {unit}", facts
    )


def _at_once(now: Moment, vital: Vital) -> Iterator[_Value]:
    """Yield what was measured at this moment, believed or not."""
    series = now.series(vital)
    if series is not None and now.at - float(series.times[-1]) <= SLACK:
        last = len(series) - 1
        value, time, day = float(series.values[-1]), float(series.times[-1]), int(series.days[-1])
        yield _Value(value, time, day, evidence(series, vital, [last]))
    for kept in now.past.kept:
        if kept.vital is vital and now.at - kept.time <= SLACK:
            yield _Value(kept.value, kept.time, kept.day, (kept_evidence(kept),))


def meant_as(value: float, slip: Slip, usual: Usual, tolerance: float) -> float | None:
    """Return what a value would be in the other unit, where that is near the usual."""
    found = (each(value) for each in slip.meant)
    return next((m for m in found if abs(m - usual.centre) <= tolerance * usual.centre), None)
