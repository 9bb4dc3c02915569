"""Turns a Quantity into the canonical unit of its measurement, or says why it may not.

The table is closed: a unit is converted only if it stands here. UCUM itself (`ucumvert`)
only tells an invalid code from a valid code of another dimension (`fhir.md` section 5).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from pkgutil import resolve_name
from typing import Any

from core.vitals import MEASURES, Group, Quality, Vital
from fhir.outcome import KEPT, PROFILE, Refusal, refusal

UCUM = "http://unitsofmeasure.org"
LONGEST_CODE = 40

Convert = Callable[[Decimal], Decimal]


def _times(factor: str) -> Convert:
    by = Decimal(factor)
    return lambda value: value * by


def _same(value: Decimal) -> Decimal:
    return value


def _over(divisor: int) -> Convert:
    return lambda value: value / divisor


def _fahrenheit(value: Decimal) -> Decimal:
    return (value - 32) / Decimal("1.8")


def _kelvin(value: Decimal) -> Decimal:
    return value - Decimal("273.15")


# mm[Hg] per kPa, and mg/dL per mmol/L by the molar mass of glucose, 180.156 g/mol: `fhir.md` 5.
_PRESSURE: dict[str, Convert] = {"mm[Hg]": _same, "kPa": _times("7.50062")}
_TEMPERATURE: dict[str, Convert] = {"Cel": _same, "[degF]": _fahrenheit, "K": _kelvin}
_HEART: dict[str, Convert] = {
    **dict.fromkeys(("/min", "1/min", "{beats}/min", "{beat}/min", "{count}/min"), _same),
    "Hz": _times("60"),
}
_PERCENT: dict[str, Convert] = {"%": _same, "1": _times("100")}
_COUNT: dict[str, Convert] = dict.fromkeys(("{events}", "{events}/d", "/d", "1/d", "1"), _same)

TABLE: dict[Vital, dict[str, Convert]] = {
    # The international pound is 0.45359237 kg exactly; 14 of them are a stone.
    Vital.BODY_WEIGHT: {
        "kg": _same,
        "g": _over(1000),
        "[lb_av]": _times("0.45359237"),
        "[stone_av]": _times("6.35029318"),
    },
    Vital.BODY_HEIGHT: {"cm": _same, "m": _times("100"), "[in_i]": _times("2.54")},
    Vital.BMI: {"kg/m2": _same},
    Vital.SYSTOLIC_BP: _PRESSURE,
    Vital.DIASTOLIC_BP: _PRESSURE,
    Vital.MEAN_BP: _PRESSURE,
    Vital.HEART_RATE: _HEART,
    Vital.RESTING_HEART_RATE: _HEART,
    Vital.RESPIRATORY_RATE: dict.fromkeys(
        ("/min", "1/min", "{breaths}/min", "{breath}/min"), _same
    ),
    Vital.SPO2: _PERCENT,
    Vital.PERFUSION_INDEX: {"%": _same},
    Vital.OXYGEN_FLOW: {"L/min": _same, "l/min": _same, "mL/min": _over(1000)},
    Vital.OXYGEN_CONCENTRATION: _PERCENT,
    Vital.BODY_TEMPERATURE: _TEMPERATURE,
    Vital.SKIN_TEMPERATURE: _TEMPERATURE,
    Vital.GLUCOSE: {
        "mg/dL": _same,
        "mg/dl": _same,
        "mmol/L": _times("18.0156"),
        "mmol/l": _times("18.0156"),
    },
    Vital.STEPS: dict.fromkeys(
        ("{steps}/d", "/d", "1/d", "{steps}", "1", "{#}/24.h", "{steps}/(24.h)", "/(24.h)"), _same
    ),
    Vital.SLEEP: {"h": _same, "min": _over(60), "s": _over(3600)},
    Vital.FEV1: {"L": _same, "l": _same, "mL": _over(1000), "ml": _over(1000)},
    Vital.PEAK_FLOW: {
        "L/min": _same,
        "l/min": _same,
        "L/s": _times("60"),
        "l/s": _times("60"),
    },
    Vital.MOTION: dict.fromkeys(("{events}/d", "/d", "1/d", "{events}", "1"), _same),
    Vital.STANDING_SYSTOLIC_BP: _PRESSURE,
    Vital.STANDING_DIASTOLIC_BP: _PRESSURE,
    Vital.BREATHLESSNESS: {"{score}": _same, "1": _same},
    Vital.OUTER_DOOR: _COUNT,
    Vital.BATHROOM: _COUNT,
    Vital.NIGHT_BATHROOM: _COUNT,
    Vital.MOTION_GAP: {"h": _same, "min": _over(60), "s": _over(3600)},
    **{
        vital: {"1": _same}
        for vital, measure in MEASURES.items()
        if measure.group is not Group.BODY and measure.unit == "1"
    },
}
# What R4's profiles name, and UCUM annotations of the same; any other unit of the table is
# converted with a word about it (`fhir.md` section 1). Vitals that are absent here have no profile.
_NAMED: dict[Vital, frozenset[str]] = {
    Vital.BODY_WEIGHT: frozenset({"kg", "g"}),
    Vital.BODY_HEIGHT: frozenset({"cm", "[in_i]"}),
    Vital.BMI: frozenset({"kg/m2"}),
    Vital.SYSTOLIC_BP: frozenset({"mm[Hg]"}),
    Vital.DIASTOLIC_BP: frozenset({"mm[Hg]"}),
    Vital.HEART_RATE: frozenset(_HEART) - {"Hz"},
    Vital.SPO2: frozenset({"%"}),
    Vital.BODY_TEMPERATURE: frozenset({"Cel", "[degF]"}),
}
# Texts that plainly name one unit: only ever used to notice that text and code disagree.
_TEXTS = {
    "mm[Hg]": "mmhg|mm hg|mm[hg]|millimeter of mercury|millimeters of mercury",
    "kPa": "kpa|kilopascal|kilopascals",
    "kg": "kg|kgs|kilogram|kilograms",
    "g": "g|gram|grams",
    "[lb_av]": "lb|lbs|pound|pounds|[lb_av]",
    "[stone_av]": "st|stone|stones|[stone_av]",
    "Cel": "c|cel|celsius|°c|℃|degc|degrees c|deg c|degrees celsius",
    "[degF]": "f|degf|[degf]|fahrenheit|°f|℉|degrees f|deg f|degrees fahrenheit",
    "K": "k|kelvin",
    "cm": "cm|centimeter|centimeters|centimetre|centimetres",
    "m": "m|meter|meters|metre|metres",
    "[in_i]": "in|inch|inches|[in_i]",
    "mg/dL": "mg/dl",
    "mmol/L": "mmol/l",
    "%": "%|percent|%o2",
    "h": "h|hr|hrs|hour|hours",
    "min": "min|mins|minute|minutes",
    "s": "s|sec|secs|second|seconds",
    "L": "l|liter|liters|litre|litres",
    "mL": "ml|milliliter|milliliters|millilitre|millilitres",
    "L/min": "l/min|liters/min|litres/min",
    "L/s": "l/s|liters/s|litres/s",
    "Hz": "hz|hertz",
}
_TEXT_UNIT = {text: code for code, texts in _TEXTS.items() for text in texts.split("|")}


@dataclass(frozen=True, slots=True)
class Converted:
    """A canonical value, or None where the unit is unsure; `warning` says what was noticed."""

    value: float | None
    quality: Quality
    warning: str = ""
    ucum: str = ""  # the table's code that was used
    rule: str = ""  # "unit" where the unit is unsure or odd, "profile" where it is only unusual


def convert(vital: Vital, quantity: Mapping[str, Any], path: str) -> Converted | Refusal:
    """Return the value in the canonical unit of `vital`, by rules 1 to 8 of section 5.

    `quantity` has a value; `path` is its FHIRPath, used when a wrong code is refused.
    """
    value = Decimal(quantity["value"])
    unit, code = str(quantity.get("unit", "")), str(quantity.get("code", ""))
    system = str(quantity.get("system", ""))
    if code and system == UCUM:
        return _by_code(vital, value, code=code, unit=unit, path=path)
    text = code if code and system else unit
    if text not in TABLE[vital]:
        return _unsure(f"the unit is not a UCUM code; expected {_expected(vital)}")
    said = "unit-from-text: taken as a UCUM code; send code and system http://unitsofmeasure.org"
    return replace(_plausible(vital, value, text, said), rule="unit")


def _unsure(why: str) -> Converted:
    return Converted(None, Quality.UNIT_UNSURE, f"{why}{KEPT}", rule="unit")


def named_by_profile(vital: Vital, code: str) -> bool:
    """Return whether R4's profile of this vital, where there is one, names this unit."""
    return vital not in _NAMED or code in _NAMED[vital]


def _by_code(
    vital: Vital, value: Decimal, *, code: str, unit: str, path: str
) -> Converted | Refusal:
    if code not in TABLE[vital]:
        return _unlisted(vital, code, path)
    if disagree(vital, code, unit):
        return _unsure("unit and code name different units")
    if named_by_profile(vital, code):
        return _plausible(vital, value, code, "")
    said = f"converted: the profile's unit is {MEASURES[vital].unit}"
    converted = _plausible(vital, value, code, said)
    return replace(converted, rule="profile" if converted.quality is Quality.SCORED else "unit")


def _plausible(vital: Vital, value: Decimal, code: str, warning: str) -> Converted:
    canonical = float(TABLE[vital][code](value))
    if plausible(vital, canonical):
        return Converted(canonical, Quality.SCORED, warning, code)
    said = f"outside what a device could plausibly report; please repeat{KEPT}"
    return Converted(canonical, Quality.IMPLAUSIBLE, "; ".join(filter(None, (warning, said))), code)


def plausible(vital: Vital, value: float) -> bool:
    """Return whether a device could report this canonical value (`measurements.csv`)."""
    measure = MEASURES[vital]
    return math.isfinite(value) and measure.low <= value <= measure.high


def disagree(vital: Vital, code: str, unit: str) -> bool:
    """Return whether the display text plainly names another unit of the table than the code."""
    named = _TEXT_UNIT.get(unit.strip().lower(), unit)
    return (
        named in TABLE[vital]
        and named != code
        and TABLE[vital][named] is not TABLE[vital][code]
        and TABLE[vital][named](Decimal(1)) != TABLE[vital][code](Decimal(1))
    )


def _unlisted(vital: Vital, code: str, path: str) -> Converted | Refusal:
    expected = _expected(vital)
    dimension = dimension_of(code)
    if dimension is None:
        return refusal(
            PROFILE, "code-invalid", f"not a UCUM code; expected {expected}", f"{path}.code"
        )
    if dimension != dimension_of(MEASURES[vital].unit):
        return refusal(
            PROFILE,
            "code-invalid",
            f"a UCUM code of another dimension; expected {expected}",
            f"{path}.code",
        )
    return _unsure(f"a unit that is not converted; expected {expected}")


def _expected(vital: Vital) -> str:
    canonical = MEASURES[vital].unit
    others = [code for code in TABLE[vital] if code != canonical]
    return " or ".join([canonical, *others][:4])


@cache
def _registry() -> tuple[Any, type[Exception]]:
    # Loaded at the first odd code: it costs about a second, and most processes never meet one.
    registry = resolve_name("ucumvert:PintUcumRegistry")
    return registry(), resolve_name("lark.exceptions:LarkError")


@lru_cache(maxsize=4096)
def dimension_of(code: str) -> str | None:
    """Return the dimension of a UCUM code as text, or None where it is not UCUM."""
    if not code or len(code) > LONGEST_CODE or not code.isascii() or " " in code:
        return None
    registry, invalid = _registry()
    try:
        return str(registry.from_ucum(code).dimensionality)
    except invalid:
        return None
    except (ArithmeticError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return "unknown"  # valid by the grammar, but not a unit that pint can express
