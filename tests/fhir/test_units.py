from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.vitals import MEASURES, Quality, Vital
from fhir.outcome import Refusal
from fhir.units import TABLE, Converted, convert, dimension_of
from tests.fhir.payloads import UCUM, quantity

V = Vital
CONVERTED: list[tuple[Vital, str, str, float]] = [
    (V.BODY_WEIGHT, "80.5", "kg", 80.5),
    (V.BODY_WEIGHT, "80500", "g", 80.5),
    (V.BODY_WEIGHT, "180", "[lb_av]", 81.6466266),
    (V.BODY_WEIGHT, "12", "[stone_av]", 76.20351816),
    (V.SYSTOLIC_BP, "16", "kPa", 120.00992),
    (V.HEART_RATE, "72", "{beats}/min", 72),
    (V.HEART_RATE, "72", "{beat}/min", 72),
    (V.HEART_RATE, "72", "{count}/min", 72),
    (V.HEART_RATE, "1.2", "Hz", 72),
    (V.RESPIRATORY_RATE, "16", "{breaths}/min", 16),
    (V.SPO2, "0.97", "1", 97),
    (V.BODY_TEMPERATURE, "100.4", "[degF]", 38.0),
    (V.BODY_TEMPERATURE, "310.15", "K", 37.0),
    (V.GLUCOSE, "5.5", "mmol/L", 99.0858),
    (V.BODY_HEIGHT, "1.75", "m", 175),
    (V.BODY_HEIGHT, "70", "[in_i]", 177.8),
    (V.BMI, "27.1", "kg/m2", 27.1),
    (V.STEPS, "4000", "{steps}", 4000),
    (V.STEPS, "4000", "{#}/24.h", 4000),
    (V.SLEEP, "27000", "s", 7.5),
    (V.SLEEP, "450", "min", 7.5),
    (V.FEV1, "1500", "mL", 1.5),
    (V.PEAK_FLOW, "5", "L/s", 300),
]


def converted(vital: Vital, given_: dict[str, Any]) -> Converted:
    answer = convert(vital, given_, "Observation.valueQuantity")
    assert isinstance(answer, Converted), answer
    return answer


@pytest.mark.parametrize(("vital", "value", "code", "expected"), CONVERTED)
def test_a_listed_unit_is_converted_fhir_19(
    vital: Vital, value: str, code: str, expected: float
) -> None:
    answer = converted(vital, quantity(Decimal(value), code))

    assert answer.value == pytest.approx(expected, rel=1e-12)
    assert answer.quality is Quality.SCORED


REFUSED = [
    (V.HEART_RATE, "bpm"),
    (V.HEART_RATE, "BPM"),
    (V.HEART_RATE, "beats/min"),
    (V.SYSTOLIC_BP, "mmHg"),
    (V.BODY_TEMPERATURE, "degF"),
    (V.STEPS, "[count]"),
    (V.SPO2, "%O2"),
    (V.BODY_WEIGHT, "lbs"),
    (V.BODY_TEMPERATURE, "C"),
    (V.BODY_TEMPERATURE, "F"),
    (V.RESPIRATORY_RATE, "l/min"),
    (V.BMI, "kg"),
    (V.GLUCOSE, "mg/g{Cr}"),
    (V.GLUCOSE, "x" * 1000),
    (V.GLUCOSE, "((((((((((((((((((((((((((((((((((((((("),
    (V.GLUCOSE, "\u212b"),
]


@pytest.mark.parametrize(("vital", "code"), REFUSED)
def test_an_invalid_or_foreign_ucum_code_is_422_and_says_what_is_right_fhir_19(
    vital: Vital, code: str
) -> None:
    answer = convert(vital, quantity(1, code), "Observation.valueQuantity")

    assert isinstance(answer, Refusal)
    assert answer.status == 422
    assert answer.issues[0].expression == "Observation.valueQuantity.code"
    assert MEASURES[vital].unit in answer.issues[0].text


KEPT: list[tuple[str, Vital, dict[str, Any]]] = [
    ("pounds without code", V.BODY_WEIGHT, {"value": 180, "unit": "pounds"}),
    ("beats/minute without code", V.HEART_RATE, {"value": 72, "unit": "beats/minute"}),
    ("C without code", V.BODY_TEMPERATURE, {"value": 37, "unit": "C"}),
    ("nothing at all", V.BODY_WEIGHT, {"value": 80}),
    ("a local system", V.HEART_RATE, {"value": 72, "system": "urn:x", "code": "bpm"}),
    ("an IEEE code", V.HEART_RATE, {"value": 72, "system": "urn:iso", "code": "264864"}),
    ("kPa called mmHg", V.SYSTOLIC_BP, quantity(120, "kPa", "mmHg")),
    ("pounds called kg", V.BODY_WEIGHT, quantity(80, "[lb_av]", "kg")),
    ("Celsius called F", V.BODY_TEMPERATURE, quantity(37, "Cel", "°F")),
    ("a unit nobody converts", V.BODY_WEIGHT, quantity(80, "[oz_av]")),
]


@pytest.mark.parametrize(
    ("vital", "given_"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT]
)
def test_an_unsure_unit_is_kept_without_a_value_fhir_19(
    vital: Vital, given_: dict[str, Any]
) -> None:
    answer = converted(vital, given_)

    assert (answer.value, answer.quality) == (None, Quality.UNIT_UNSURE)
    assert answer.warning


@pytest.mark.parametrize(
    ("vital", "given_"),
    [
        (V.SYSTOLIC_BP, {"value": 120, "unit": "mm[Hg]"}),
        (V.BMI, {"value": 27, "unit": "kg/m2"}),
        (V.BODY_TEMPERATURE, {"value": 37, "unit": "Cel"}),
        (V.SYSTOLIC_BP, {"value": 120, "system": "https://ucum.org", "code": "mm[Hg]"}),
        (V.BODY_WEIGHT, {"value": 80, "system": UCUM, "unit": "kg"}),
    ],
)
def test_a_literal_ucum_text_is_taken_with_a_warning_fhir_19(
    vital: Vital, given_: dict[str, Any]
) -> None:
    answer = converted(vital, given_)

    assert answer.quality is Quality.SCORED
    assert answer.value == given_["value"]
    assert "unit-from-text" in answer.warning


@pytest.mark.parametrize("unit", ["slag/min", "bpm", "beats/minute", "{beat}/min}", "拍/分"])
def test_display_text_is_ignored_where_a_code_stands_fhir_19(unit: str) -> None:
    answer = converted(V.HEART_RATE, quantity(72, "/min", unit))

    assert (answer.value, answer.warning) == (72, "")


def test_a_fraction_sent_as_percent_is_kept_and_never_multiplied_fhir_19() -> None:
    answer = converted(V.SPO2, quantity(Decimal("0.97"), "%"))

    assert (answer.value, answer.quality) == (0.97, Quality.IMPLAUSIBLE)


@pytest.mark.parametrize("vital", list(Vital))
def test_the_table_holds_ucum_codes_and_the_canonical_one_unchanged(vital: Vital) -> None:
    canonical = MEASURES[vital].unit

    assert TABLE[vital][canonical](Decimal("1.5")) == Decimal("1.5")
    assert all(dimension_of(code) is not None for code in TABLE[vital])


@given(st.sampled_from(list(Vital)), st.lists(st.decimals(1, 1000, places=3), min_size=2))
def test_conversion_keeps_the_order_of_values_fhir_19(vital: Vital, values: list[Decimal]) -> None:
    for convert_ in TABLE[vital].values():
        for low, high in pairwise(sorted(values)):
            assert convert_(low) <= convert_(high)


@given(st.sampled_from(list(Vital)), st.text(max_size=50), st.text(max_size=20))
def test_no_unit_text_makes_the_conversion_fail_fhir_19(vital: Vital, code: str, unit: str) -> None:
    answer = convert(vital, quantity(50, code, unit), "Observation.valueQuantity")

    assert isinstance(answer, Converted | Refusal)
