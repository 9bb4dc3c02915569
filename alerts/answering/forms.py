"""Which numbers a patient is asked to type, in which units, and what they typed (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Quality, Vital
from fhir.self_reported import CODES, MOLE_UNIT, PRESSURES, Typed
from ingest.urgency import alarming as cannot_wait
from monitoring.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitoring.findings import Ask

_NUMBER = re.compile(r"\d{1,4}(?:[.,]\d{1,2})?")
_FAHRENHEIT, _POUND = "[degF]", "[lb_av]"
_KILOGRAM = 0.45359237  # of the avoirdupois pound, by definition
_MOLAR_GLUCOSE = 18.016  # mg/dL of 1 mmol/L: 180.16 g/mol
OTHER_UNITS = {
    Vital.BODY_WEIGHT: _POUND,
    Vital.BODY_TEMPERATURE: _FAHRENHEIT,
    Vital.GLUCOSE: MOLE_UNIT,
}
SHOWN = {_POUND: "lb", _FAHRENHEIT: "°F", MOLE_UNIT: "mmol/L"}
# Asked each day: breathing at rest and flat, a clear head, food and drink.
DAILY = ("breathless-at-rest", "breathless-lying-flat", "new-confusion", "poor-intake")
# A yes to these asks for help at once: rulebook.toml, the closing of a RED.
SERIOUS = frozenset({"breathless-at-rest", "chest-pain", "new-confusion", "fainting"})
LOW_ON_SCALE_TWO = 83.0  # NEWS2 scale 2 (RCP 2017): SpO2 of 83 % or less scores 3
# What is measured, as a patient calls it.
NAMES = {
    Vital.BODY_WEIGHT: Phrase("Your weight"),
    Vital.SYSTOLIC_BP: Phrase("Your blood pressure"),
    Vital.DIASTOLIC_BP: Phrase("Your blood pressure"),
    Vital.HEART_RATE: Phrase("Your pulse (heartbeats in a minute)"),
    Vital.RESTING_HEART_RATE: Phrase("Your pulse (heartbeats in a minute)"),
    Vital.RESPIRATORY_RATE: Phrase("Your breaths in a minute"),
    Vital.SPO2: Phrase("Your oxygen level (SpO2)"),
    Vital.BODY_TEMPERATURE: Phrase("Your temperature"),
    Vital.GLUCOSE: Phrase("Your blood sugar"),
}
PARTS = {
    Vital.SYSTOLIC_BP: Phrase("Upper number"),
    Vital.DIASTOLIC_BP: Phrase("Lower number"),
}


class Fault(StrEnum):
    """What is wrong with one field of a form, as the message that says so to a patient."""

    MISSING = "Please enter this number."
    NO_NUMBER = "Please enter a number, such as 72 or 72.5."
    UNLIKELY = (
        "This number is unusual. Please check the number and the unit. "
        "If it is right, mark the box below and send it again."
    )
    ORDER = "The upper number must be greater than the lower number."
    UNANSWERED = "Please choose an answer."


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit that a number can be in."""

    code: str
    shown: str


@dataclass(frozen=True, slots=True)
class Field:
    """One number that is asked for."""

    vital: Vital
    units: tuple[Unit, ...]

    @property
    def name(self) -> str:
        """Return what the field is called in a form."""
        return str(self.vital)

    @property
    def label(self) -> Phrase:
        """Return what the field asks for, as a patient calls it."""
        return PARTS.get(self.vital) or called(self.vital)


def called(vital: Vital) -> Phrase:
    """Return what a patient calls a measurement."""
    return NAMES.get(vital) or Phrase(MEASURES[vital].display)


@dataclass(frozen=True, slots=True)
class Measuring:
    """One measurement to make: its numbers, and the asks that it answers."""

    fields: tuple[Field, ...]
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form holds: readable numbers by their vital, and what is wrong with the others."""

    typed: Mapping[Vital, Typed]
    faults: Mapping[str, Fault]


def measurings(asks: Iterable[Ask]) -> list[Measuring]:
    """Return what to measure, each thing once; both pressures are one measurement.

    What nobody can read off a device at home has no field; its tip is shown all the same.
    """
    by_vitals: dict[tuple[Vital, ...], list[Ask]] = {}
    for each in asks:
        vitals = PRESSURES if each.vital in PRESSURES else (each.vital,)
        by_vitals.setdefault(vitals, []).append(each)
    return [
        Measuring(tuple(_field(v) for v in vitals if v in CODES), tuple(listed))
        for vitals, listed in by_vitals.items()
    ]


def _field(vital: Vital) -> Field:
    measure = MEASURES[vital]
    units = [Unit(measure.unit, measure.unit_display)]
    other = OTHER_UNITS.get(vital)
    if other:
        units.append(Unit(other, SHOWN[other]))
    return Field(vital, tuple(units))


def typed_for(ask: Ask, said: Mapping[str, str]) -> bool:
    """Return whether a form holds anything in the fields of what was asked."""
    fields = (field for each in measurings([ask]) for field in each.fields)
    return any(said.get(field.name, "").strip() for field in fields)


def fill(
    fields: Sequence[Field], said: Mapping[str, str], *, sure: bool, partly: bool = True
) -> Filled:
    """Read the numbers of a form; with `partly` those of whole measurements may be left out.

    A number that no device would show is asked about once; `sure` says that it was checked.
    """
    typed: dict[Vital, Typed] = {}
    faults: dict[str, Fault] = {}
    for field in fields:
        text = said.get(field.name, "").strip()
        unit = said.get(f"{field.name}_unit", "") or field.units[0].code
        found = _read(field, text, unit, sure=sure)
        if isinstance(found, Typed):
            typed[field.vital] = found
        elif found is not Fault.MISSING or not partly or _other_given(field, said):
            faults[field.name] = found
    return Filled(typed, _in_order(typed, faults))


def _other_given(field: Field, said: Mapping[str, str]) -> bool:
    """Return whether the other of two pressures was given: one alone is half a measurement."""
    return field.vital in PRESSURES and any(said.get(str(v), "").strip() for v in PRESSURES)


def _read(field: Field, text: str, unit: str, *, sure: bool) -> Typed | Fault:
    if not text:
        return Fault.MISSING
    if not _NUMBER.fullmatch(text) or unit not in {each.code for each in field.units}:
        return Fault.NO_NUMBER
    typed = Typed(field.vital, text.replace(",", "."), unit)
    measure = MEASURES[field.vital]
    likely = measure.low <= canonical(typed) <= measure.high
    return typed if likely or sure else Fault.UNLIKELY


def _in_order(typed: Mapping[Vital, Typed], faults: dict[str, Fault]) -> dict[str, Fault]:
    upper, lower = (typed.get(each) for each in PRESSURES)
    if upper and lower and float(upper.text) <= float(lower.text):
        faults[str(upper.vital)] = Fault.ORDER
    return faults


def canonical(typed: Typed) -> float:
    """Return a number in the unit that readings are stored in."""
    value = float(typed.text)
    if typed.unit == _POUND:
        return value * _KILOGRAM
    if typed.unit == _FAHRENHEIT:
        return (value - 32) / 1.8
    return value * _MOLAR_GLUCOSE if typed.unit == MOLE_UNIT else value


@dataclass(frozen=True, slots=True)
class _Value:
    vital: Vital
    value: float
    quality: Quality = Quality.SCORED


def alarming(typed: Iterable[Typed], yes: Iterable[str], *, scale_two: bool) -> bool:
    """Return whether an answer asks for help at once, before anybody has judged it.

    `yes` are the questions that were answered so. For who is kept at 88 to 92 % of oxygen the
    second scale of NEWS2 counts.
    """
    return bool(SERIOUS & set(yes)) or any(_alarms(each, scale_two=scale_two) for each in typed)


def _alarms(typed: Typed, *, scale_two: bool) -> bool:
    value = canonical(typed)
    if typed.vital is Vital.SPO2 and scale_two:
        return value <= LOW_ON_SCALE_TWO
    return cannot_wait(_Value(typed.vital, value))
