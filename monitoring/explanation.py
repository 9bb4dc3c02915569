"""Puts what fired into words, once, for inbox, FHIR `detail`, report and patient alike.

Numbers are rounded as the vital is shown (`MEASURES`), and never so far that a value and
the limit it passed read the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Vital
from monitoring.comparison import Comparison
from monitoring.findings import Finding
from monitoring.rule_kinds import (
    AverageRule,
    ChangeRule,
    DriftRule,
    LimitRule,
    RepeatedDaysRule,
    SustainedRule,
)
from monitoring.windows import zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.vitals import Severity
    from monitoring.findings import Evidence, Usual
    from monitoring.moment import Hit

_SAME = 1e-6  # 36.2 + 1.1 is 37.300000000000004
_FINER = 3  # more digits than this tell nobody anything


def finding(hit: Hit, *, zone: str, closing: Mapping[Severity, str]) -> Finding:
    """Return a hit as a finding that explains itself, in the words of its rule."""
    rule = hit.rule
    fields = _fields(hit, zone)
    patient = f"{rule.patient.format_map(fields)} {closing.get(hit.severity, '')}"
    return Finding(
        rule_id=rule.id,
        problem=hit.problem or rule.problem,
        severity=hit.severity,
        at=datetime.fromtimestamp(hit.at, UTC),
        sentence=_sentence(hit, rule.clinician.format_map(fields)),
        patient_sentence=patient.strip(),
        source=rule.source,
        confidence=rule.confidence,
        vital=hit.vital,
        value=hit.value,
        limit=hit.limit,
        usual=hit.usual,
        evidence=hit.evidence,
        confirmed=hit.confirmed,
        missing=hit.missing,
        counterfactual=counterfactual(hit),
        day=date.fromordinal(hit.day),
    )


def number(value: float, vital: Vital | None, *, beside: float | None = None) -> str:
    """Return a value as shown; with more digits where `beside` would read the same."""
    decimals = MEASURES[vital].decimals if vital else 1
    if beside is not None and abs(value - beside) > _SAME:
        while decimals < _FINER and f"{value:.{decimals}f}" == f"{beside:.{decimals}f}":
            decimals += 1
    return f"{value:.{decimals}f}"


def _fields(hit: Hit, zone: str) -> dict[str, str]:
    vital, value = hit.vital, hit.value
    measure = MEASURES[vital] if vital else None
    change = abs(hit.change) if hit.change is not None else None
    reference = value - hit.change if value is not None and hit.change is not None else None
    return {
        "measure": measure.display if measure else "",
        "unit": measure.unit_display if measure else "",
        "value": "" if value is None else hit.bound + number(value, vital, beside=hit.limit),
        "limit": "" if hit.limit is None else number(hit.limit, vital, beside=value),
        "change": "" if change is None else number(change, vital, beside=_asked(hit)),
        "percent": f"{100 * change / reference:.0f}" if change and reference else "",
        "amount": _amount(hit),
        "span": "" if hit.span is None else f"{hit.span:.0f}",
        "count": str(hit.count),
        "basis": "one reading" if hit.count == 1 else f"mean of {hit.count} readings",
        "which": _WHICH.get(vital, "") if vital else "",
        "remark": hit.remark,
        "held": "; ".join(hit.held),
        "since": "" if hit.since is None else local_time(hit.since, zone),
    }


def _asked(hit: Hit) -> float:
    """Return the change that the rule asks for, so that both never read the same."""
    rule = hit.rule
    return abs(rule.amount) if isinstance(rule, ChangeRule) and not rule.fraction else 0.0


def _amount(hit: Hit) -> str:
    rule = hit.rule
    if isinstance(rule, ChangeRule):
        return f"{abs(100 * rule.amount):g}" if rule.fraction else f"{abs(rule.amount):g}"
    if isinstance(rule, DriftRule) and rule.ratio is not None:
        return f"{100 * rule.ratio:g}"
    if isinstance(rule, SustainedRule | DriftRule):
        return f"{abs(rule.change or 0):g}"
    return ""


_WHICH = {Vital.SYSTOLIC_BP: "upper", Vital.DIASTOLIC_BP: "lower"}


def local_time(instant: float, zone: str) -> str:
    """Return an instant as the person's local date and time."""
    return datetime.fromtimestamp(instant, zone_of(zone)).strftime("%d %b %H:%M")


def _sentence(hit: Hit, head: str) -> str:
    """Return one line: what fired, the person's usual, what stands behind it and what not."""
    parts = [head]
    if hit.vital and hit.value is not None and not hit.bound and not _is_share(hit):
        parts.append(against_usual(hit.value, hit.usual, hit.vital))
    if hit.because:
        parts.append(f"graver because of {_because(hit)}")
    if not hit.confirmed:
        parts.append("unconfirmed: not repeated yet")
    if missing := [each for each in hit.missing if each != "personal baseline"]:
        parts.append(f"not known: {', '.join(missing)}")
    return "; ".join(parts) + "."


def _is_share(hit: Hit) -> bool:
    return not isinstance(
        hit.rule,
        LimitRule | AverageRule | ChangeRule | SustainedRule | DriftRule | RepeatedDaysRule,
    )


def against_usual(value: float, usual: Usual | None, vital: Vital) -> str:
    """Return in words how far a value lies from the person's usual, its range, and its days."""
    if usual is None:
        return "no personal baseline yet"
    unit = MEASURES[vital].unit_display
    low, high = number(max(usual.low, 0.0), vital), number(usual.high, vital)
    doubt = ", provisional" if usual.provisional else ""
    return (
        f"{_distance(value, usual, vital)} the usual {number(usual.centre, vital)} {unit} "
        f"(range {low}–{high} {unit}, {usual.days} days{doubt})"  # noqa: RUF001 (an en dash is how a range is written)
    )


def _distance(value: float, usual: Usual, vital: Vital) -> str:
    # Between the numbers as shown, so that whoever subtracts them gets the same.
    away = float(number(value, vital)) - float(number(usual.centre, vital))
    if not round(away, _FINER):
        return "at"
    unit = MEASURES[vital].unit_display
    amount = f"{number(abs(away), vital)} {'points' if unit == '%' else unit}"
    return f"{amount} {'above' if away > 0 else 'below'}"


def _because(hit: Hit) -> str:
    second = next((e for e in hit.evidence if e.vital == hit.because), None)
    return hit.because if second is None else evidence_words(second)


def evidence_words(evidence: Evidence) -> str:
    """Return one reading in words, such as `heart rate 118 /min`."""
    shown = number(evidence.value, evidence.vital)
    return f"{_name(evidence.vital)} {shown} {MEASURES[evidence.vital].unit_display}"


def _name(vital: Vital) -> str:
    """Return a vital's name as it stands within a sentence: `weight`, but `SpO2`."""
    first, *rest = MEASURES[vital].display.split(" ")
    acronym = any(letter.isupper() for letter in first[1:])
    return " ".join([first if acronym else first.lower(), *rest])


_SAFE_SIDE = {
    Comparison.ABOVE: "at or below",
    Comparison.AT_LEAST: "below",
    Comparison.AT_MOST: "above",
    Comparison.BELOW: "at or above",
}


def counterfactual(hit: Hit) -> str:
    """Return what would have made it not fire, or nothing where that is not one number."""
    if hit.otherwise:
        return hit.otherwise
    side = _safe_side(hit)
    if hit.vital is None or hit.limit is None or not side:
        return ""
    measure = MEASURES[hit.vital]
    limit = number(hit.limit, hit.vital, beside=hit.value)
    return f"It would not have fired with {_name(hit.vital)} {side} {limit} {measure.unit_display}."


def _safe_side(hit: Hit) -> str:
    rule = hit.rule
    if isinstance(rule, LimitRule):
        return _SAFE_SIDE[rule.levels[-1].comparison]
    if isinstance(rule, AverageRule):
        return next(_SAFE_SIDE[t.comparison] for t in rule.terms if t.vital is hit.vital)
    if isinstance(rule, ChangeRule | RepeatedDaysRule):
        return _SAFE_SIDE[rule.comparison]
    if isinstance(rule, SustainedRule | DriftRule):
        return "below" if (rule.change or -1.0) > 0 else "above"
    return ""
