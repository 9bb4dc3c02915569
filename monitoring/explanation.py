"""Puts what fired into words, once, for inbox, FHIR `detail`, report and patient alike.

Numbers are rounded as the vital is shown (`MEASURES`), and never so far that a value and
the limit it passed read the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from core.vitals import MEASURES
from monitoring.findings import Finding
from monitoring.rule_kinds import (
    AverageRule,
    ChangeRule,
    Comparison,
    DriftRule,
    LimitRule,
    RepeatedDaysRule,
    SustainedRule,
)
from monitoring.windows import zone_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.vitals import Severity, Vital
    from monitoring.findings import Evidence, Usual
    from monitoring.moment import Hit

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
    if beside is not None and beside != value:
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
        "value": "" if value is None else number(value, vital, beside=hit.limit),
        "limit": "" if hit.limit is None else number(hit.limit, vital, beside=value),
        "change": "" if change is None else number(change, vital, beside=0.0),
        "percent": f"{100 * change / reference:.0f}" if change and reference else "",
        "amount": _amount(hit),
        "span": "" if hit.span is None else f"{hit.span:.0f}",
        "count": str(hit.count),
        "usual": _centre(hit.usual, vital),
        "since": "" if hit.since is None else local_time(hit.since, zone),
    }


def _amount(hit: Hit) -> str:
    rule = hit.rule
    if isinstance(rule, ChangeRule):
        return f"{abs(100 * rule.amount):g}" if rule.fraction else f"{abs(rule.amount):g}"
    if isinstance(rule, DriftRule) and rule.ratio is not None:
        return f"{100 * rule.ratio:g}"
    if isinstance(rule, SustainedRule | DriftRule):
        return f"{abs(rule.change or 0):g}"
    return ""


def _centre(usual: Usual | None, vital: Vital | None) -> str:
    return "unknown" if usual is None else number(usual.centre, vital)


def local_time(instant: float, zone: str) -> str:
    """Return an instant as the person's local date and time."""
    return datetime.fromtimestamp(instant, zone_of(zone)).strftime("%d %b %H:%M")


def _sentence(hit: Hit, head: str) -> str:
    """Return one line: what fired, the person's usual, what stands behind it and what not."""
    parts = [head]
    if hit.vital is not None and hit.value is not None and not _is_share(hit):
        parts.append(usual_range(hit.usual, hit.vital))
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


def usual_range(usual: Usual | None, vital: Vital) -> str:
    """Return the person's usual range in words, with the days behind it."""
    if usual is None:
        return "no personal baseline yet"
    measure = MEASURES[vital]
    low, high = number(max(usual.low, 0.0), vital), number(usual.high, vital)
    doubt = ", provisional" if usual.provisional else ""
    return f"usual {low}–{high} {measure.unit_display} ({usual.days} days{doubt})"  # noqa: RUF001 (an en dash is how a range is written)


def _because(hit: Hit) -> str:
    second = next((e for e in hit.evidence if e.vital == hit.because), None)
    return hit.because if second is None else evidence_words(second)


def evidence_words(evidence: Evidence) -> str:
    """Return one reading in words, such as `heart rate 118 /min`."""
    measure = MEASURES[evidence.vital]
    acronym = any(letter.isupper() for letter in measure.display[1:])
    name = measure.display if acronym else measure.display.lower()
    return f"{name} {number(evidence.value, evidence.vital)} {measure.unit_display}"


_SAFE_SIDE = {
    Comparison.ABOVE: "at or below",
    Comparison.AT_LEAST: "below",
    Comparison.AT_MOST: "above",
    Comparison.BELOW: "at or above",
}


def counterfactual(hit: Hit) -> str:
    """Return what would have made it not fire, or nothing where that is not one number."""
    side = _safe_side(hit)
    if hit.vital is None or hit.limit is None or not side:
        return ""
    measure = MEASURES[hit.vital]
    limit = number(hit.limit, hit.vital, beside=hit.value)
    return f"It would not have fired with {measure.display} {side} {limit} {measure.unit_display}."


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
