"""Reads the value of one element, Observation or component, as one Measurement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from core.vitals import MEASURES, Group, Precision, Quality, Vital
from fhir.answers import answer, not_alert, yes_or_no
from fhir.codes import Meaning, Use, codings
from fhir.invariants import VALUES
from fhir.measurement import Measurement, When
from fhir.outcome import KEPT, PROFILE, Issue, Refusal, refusal
from fhir.profiles import PROFILED
from fhir.units import convert, plausible

if TYPE_CHECKING:
    from collections.abc import Mapping

ABSENT_URL = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_LOW, _HIGH = frozenset({"LO", "LOW"}), frozenset({"HI", "HIGH"})
# mg/dL: what a meter shows no number for (`measurements.csv`). Models differ by a little, and
# "LO" is below 54 and "HI" a danger in each: the words prove what `rules.csv` says they prove.
_LEAST_SHOWN, _MOST_SHOWN = 20.0, 600.0
DAILY = frozenset({Vital.STEPS, Vital.SLEEP, Vital.MOTION})
# A spot value over more than a day says when nothing was; a day's total may run over midnight
# and a change of clocks, but not over two days (`fhir.md` section 4).
LONGEST_SPOT = timedelta(hours=24)
LONGEST_DAY = timedelta(hours=36)
SHORTEST_DAY = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Read:
    """One measurement, None where the element holds none, and what was noticed."""

    measurement: Measurement | None = None
    issues: tuple[Issue, ...] = ()


def read(
    element: Mapping[str, Any], named: Meaning, path: str, *, index: int | None = None
) -> Read | Refusal:
    """Return what `element` (root or component) says about the vital that it names."""
    if named.vital is None:
        return Read()
    valued = any(value in element for value in VALUES)
    absent = element.get("dataAbsentReason")
    if absent is not None and not valued:
        return Read(_absent(named.vital, _reason(absent), index))
    if absent is None and named.use is not Use.CODED and "valueQuantity" in element:
        return _quantity(element["valueQuantity"], named, f"{path}.valueQuantity", index)
    if absent is None and named.vital is Vital.GLUCOSE and "valueString" in element:
        return _low_or_high(element["valueString"], path, index)
    if absent is None and MEASURES[named.vital].group is not Group.BODY:
        vital, said = _said(element, named.vital, named.use)
        if said is not None:
            quality = Quality.SCORED if plausible(vital, said) else Quality.IMPLAUSIBLE
            return Read(Measurement(vital, said, quality, component=index))
    why = "the value is not a Quantity" if absent is None else "a value beside dataAbsentReason"
    if absent is None and "valueSampledData" in element:
        why = "a stream of samples: send its mean, or each reading, as a Quantity"
    return _kept(named.vital, element, path, index, why) if valued else Read()


def _said(element: Mapping[str, Any], vital: Vital, use: Use) -> tuple[Vital, float | None]:
    """Return what was answered, and to which question: a yes is no 1 on a scale of ten."""
    if use is Use.CODED:
        return vital, not_alert(element)
    if vital is Vital.BREATHLESSNESS and (said := yes_or_no(element)) is not None:
        return Vital.BREATHLESS, said
    said = answer(element)
    return vital, not_alert(element) if said is None and vital is Vital.NEW_CONFUSION else said


def _absent(vital: Vital, reason: str, index: int | None) -> Measurement:
    return Measurement(vital, None, Quality.ABSENT, reason=reason, component=index)


def _reason(concept: Mapping[str, Any]) -> str:
    return next((code for _, code in codings(concept)), "unknown")


def _warning(text: str, path: str, rule: str = "") -> Issue:
    return Issue("warning", "business-rule", text, path, rule)


def _kept(vital: Vital, element: Mapping[str, Any], path: str, index: int | None, why: str) -> Read:
    quantity = element.get("valueQuantity") or {}
    kept = Measurement(
        vital,
        None,
        Quality.MEANING_UNSURE,
        value_received=str(quantity.get("value", "")),
        unit_received=unit_text(quantity),
        component=index,
    )
    rule = "value" if vital in PROFILED and "dataAbsentReason" not in element else ""
    return Read(kept, (_warning(f"{why}{KEPT}", path, rule),))


def unreadable(
    refused: Refusal, vital: Vital, element: Mapping[str, Any], index: int | None
) -> Read:
    """Return what would be refused as kept instead, for a client whose profile checks are off."""
    first = refused.issues[0]
    unit = first.expression.endswith(".code")
    quantity = element.get("valueQuantity") or {}
    kept = Measurement(
        vital,
        None,
        Quality.UNIT_UNSURE if unit else Quality.MEANING_UNSURE,
        value_received=str(quantity.get("value", "")),
        unit_received=unit_text(quantity),
        component=index,
    )
    return Read(kept, (_warning(f"{first.text}{KEPT}", first.expression, "unit"),))


def unit_text(quantity: Mapping[str, Any]) -> str:
    """Return the unit as it was received: its code, else its display text."""
    return str(quantity.get("code") or quantity.get("unit") or "")


def _low_or_high(text: str, path: str, index: int | None) -> Read:
    word = text.strip().upper()
    known = word in _LOW | _HIGH
    low = word in _LOW
    kept = Measurement(
        Vital.GLUCOSE,
        (_LEAST_SHOWN if low else _MOST_SHOWN) if known else None,
        Quality.BOUND if known else Quality.MEANING_UNSURE,
        comparator=("<" if low else ">") if known else "",
        value_received=word if known else "",
        component=index,
    )
    said = f"a text where a number is expected{KEPT}"
    if known:
        shown = "below 20" if low else "above 600"
        said = f"the meter's range is not known, {shown} mg/dL is assumed"
    return Read(kept, (_warning(said, f"{path}.valueString"),))


def _quantity(
    quantity: Mapping[str, Any], named: Meaning, path: str, index: int | None
) -> Read | Refusal:
    vital = named.vital
    if vital is None:
        return Read()
    if "value" not in quantity:
        return _without_number(quantity, vital, path, index)
    converted = convert(vital, quantity, path)
    if isinstance(converted, Refusal):
        return converted
    comparator = str(quantity.get("comparator", ""))
    quality = converted.quality
    issues = [_warning(converted.warning, path, converted.rule)] if converted.warning else []
    if comparator and quality in (Quality.SCORED, Quality.IMPLAUSIBLE):
        quality = Quality.BOUND
    if named.moles is not None and converted.ucum:
        stated = converted.ucum.startswith("mmol")
        if stated != named.moles:
            text = "the LOINC names the other property (mass or moles); the unit decides"
            issues.append(_warning(text, path, "unit"))
    value = converted.value
    measured = Measurement(
        vital,
        value,
        quality,
        comparator,
        str(quantity["value"]),
        unit_text(quantity),
        component=index,
    )
    return Read(measured, tuple(issues))


def _without_number(
    quantity: Mapping[str, Any], vital: Vital, path: str, index: int | None
) -> Read | Refusal:
    for each in (quantity.get("_value") or {}).get("extension", ()):
        if each.get("url") == ABSENT_URL:
            reason = str(each.get("valueCode", "unknown"))
            return Read(_absent(vital, reason, index))
    return refusal(
        PROFILE, "required", "a number is needed, or a dataAbsentReason", f"{path}.value"
    )


def doubts(measurement: Measurement, named: Meaning, when: When) -> tuple[Quality | None, str]:
    """Return why a measurement that reads well must still not be scored: quality and words."""
    if not named.agreed:
        return Quality.MEANING_UNSURE, "the codings name different measurements"
    if named.use is Use.KEEP:
        return Quality.MEANING_UNSURE, "not the measurement that rules know"
    if named.use is Use.INTERVAL and not _a_day(when):
        return Quality.MEANING_UNSURE, "a count over a time that is not one day"
    if not _timely(measurement.vital, when):
        return Quality.TIME_UNSURE, "the time of measurement is open or too long"
    return None, ""


def _a_day(when: When) -> bool:
    if when.precision is Precision.DAY:
        return True
    if when.start and when.end:
        return SHORTEST_DAY <= when.end - when.start <= LONGEST_DAY
    return False


def _timely(vital: Vital, when: When) -> bool:
    if not when.sure:
        return False
    if when.start and when.end:
        longest = LONGEST_DAY if vital in DAILY else LONGEST_SPOT
        return when.end - when.start <= longest
    if when.day and when.last_day:
        return (when.last_day - when.day).days <= (1 if vital in DAILY else 0)
    return True
