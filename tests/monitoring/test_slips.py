"""Slips of unit: found by the rulebook in force, and nothing mended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.vitals import MEASURES, Quality, Reading, Severity, Vital
from monitoring import judgement, windows
from monitoring.findings import Finding, Problem
from monitoring.words import clinician
from tests.monitoring.conftest import START

if TYPE_CHECKING:
    from ingest.enrolment import Person
    from monitoring.rulebook import Rulebook
    from tests.monitoring.conftest import MakeReadings

V = Vital
NOW = START + timedelta(days=30)
# fhir.md section 5, rule 7: the usual, what arrived, and what it would be in the unit meant.
SLIPS = [
    (V.BODY_WEIGHT, 82.0, 82.0 * 2.2046, "82.0 kg"),
    (V.BODY_WEIGHT, 82.0, 82.0 * 0.4536, "82.0 kg"),
    (V.BODY_WEIGHT, 82.0, 83.9 * 2.2046, "83.9 kg"),
    (V.GLUCOSE, 120.0, 120 / 18.016, "120 mg/dL"),
    (V.GLUCOSE, 50.0, 50 * 18.016, "50 mg/dL"),
    (V.GLUCOSE, 120.0, 120 * 18.016, "120 mg/dL"),
    (V.SPO2, 96.0, 0.97, "97 %"),
    (V.BODY_TEMPERATURE, 36.6, 36.9 * 1.8 + 32, "36.9 °C"),
    (V.BODY_TEMPERATURE, 36.6, (36.9 - 32) / 1.8, "36.9 °C"),
]
NONE = [
    (V.BODY_WEIGHT, 82.0, 85.0),  # a real gain
    (V.BODY_WEIGHT, 82.0, 82.0 * 2.2046 * 1.05),  # not near enough to be one
    (V.BODY_WEIGHT, 82.0, 140.0),
    (V.GLUCOSE, 120.0, 45.0),
    (V.GLUCOSE, 120.0, 330.0),
    (V.SPO2, 96.0, 88.0),
    (V.BODY_TEMPERATURE, 36.6, 39.4),
    (V.HEART_RATE, 70.0, 154.3),  # has no other unit
]


def judged(
    person: Person, usual: list[Reading], *new: Reading, rulebook: Rulebook, now: datetime = NOW
) -> tuple[Finding, ...]:
    past = windows.history(person, [*usual, *new], gate=rulebook.gate)
    points = [windows.time_of(each) for each in new]
    return judgement.judge(past, points, now=now, rulebook=rulebook, model=None).findings


def taken(vital: Vital, value: float) -> Reading:
    plausible = MEASURES[vital].low <= value <= MEASURES[vital].high
    quality = Quality.SCORED if plausible else Quality.IMPLAUSIBLE
    return Reading("new", vital, value, NOW, NOW, quality)


@pytest.mark.parametrize(("vital", "usual", "value", "meant"), SLIPS)
def test_a_unit_slip_is_proposed_to_a_person_fhir_19(
    person: Person,
    daily: MakeReadings,
    rulebook: Rulebook,
    vital: Vital,
    usual: float,
    value: float,
    meant: str,
) -> None:
    """FHIR-19: section 5, rule 7."""
    found = judged(person, daily(vital, [usual] * 30), taken(vital, value), rulebook=rulebook)

    (slip,) = [each for each in found if each.rule_id == "DQ-UNIT"]
    assert (slip.severity, slip.problem) == (Severity.DQ, Problem.TECHNIQUE)
    assert slip.value == value
    assert f"It would be {meant}" in clinician(slip)
    assert "Nothing was converted" in clinician(slip)


@pytest.mark.parametrize(("vital", "usual", "value"), NONE)
def test_a_value_that_no_other_unit_explains_is_no_slip_fhir_19(
    person: Person,
    daily: MakeReadings,
    rulebook: Rulebook,
    vital: Vital,
    usual: float,
    value: float,
) -> None:
    found = judged(person, daily(vital, [usual] * 30), taken(vital, value), rulebook=rulebook)

    assert "DQ-UNIT" not in {each.rule_id for each in found}


def test_a_slip_that_is_only_suspected_silences_no_rule_fhir_19(
    person: Person, daily: MakeReadings, rulebook: Rulebook
) -> None:
    """900 mg/dL may be 50 mg/dL called mmol/L, and may be true."""
    usual = daily(V.GLUCOSE, [50.0] * 30)

    found = judged(person, usual, taken(V.GLUCOSE, 900.0), rulebook=rulebook)

    assert {"DQ-UNIT", "GLU-HI"} <= {each.rule_id for each in found}


def test_without_a_usual_nothing_is_proposed_fhir_19(
    person: Person, daily: MakeReadings, rulebook: Rulebook
) -> None:
    usual = daily(V.GLUCOSE, [120.0] * 6, first_day=24)

    found = judged(person, usual, taken(V.GLUCOSE, 6.7), rulebook=rulebook)
    first = judged(person, [], taken(V.BODY_WEIGHT, 180.8), rulebook=rulebook)

    assert "DQ-UNIT" not in {each.rule_id for each in (*found, *first)}
