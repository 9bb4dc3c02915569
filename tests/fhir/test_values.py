from __future__ import annotations

from typing import Any

import pytest

from core.vitals import Quality, Vital
from fhir.outcome import KEPT
from tests.fhir.payloads import (
    absent,
    accepted,
    half,
    observation,
    only,
    pressure,
    quantity,
    raw,
    refused,
    warned,
)

Q, V = Quality, Vital
DIASTOLIC = half("8462-4", 81)


def qualities(resource: dict[str, Any]) -> dict[Vital, Quality]:
    return {each.vital: each.quality for each in accepted(resource).measurements}


def test_a_value_keeps_its_decimals_as_received_fhir_14() -> None:
    body = raw(observation("29463-7", valueQuantity=quantity(0, "kg"))).replace(
        b'"value": 0', b'"value": 72.50'
    )

    one = only(accepted(body))

    assert (one.value, one.value_received) == (72.5, "72.50")


def test_a_kpa_half_called_mmhg_is_kept_fhir_19() -> None:
    mixed = pressure(half("8480-6", 132, "kPa", "mmHg"), DIASTOLIC)

    assert qualities(mixed) == {V.SYSTOLIC_BP: Q.UNIT_UNSURE, V.DIASTOLIC_BP: Q.SCORED}


@pytest.mark.parametrize(("token", "value"), [("<", 70), ("<=", 70), (">", 95), (">=", 95)])
def test_a_comparator_is_a_bound_fhir_18(token: str, value: int) -> None:
    bound = quantity(value, "%") | {"comparator": token}

    one = only(accepted(observation("59408-5", valueQuantity=bound)))

    assert (one.quality, one.comparator, one.value) == (Q.BOUND, token, float(value))


def test_a_bound_outside_the_plausible_range_is_still_a_bound_fhir_18() -> None:
    high = quantity(1200, "mg/dL") | {"comparator": ">"}

    assert only(accepted(observation("41653-7", valueQuantity=high))).quality is Q.BOUND


@pytest.mark.parametrize("reason", ["error", "not-performed", "asked-declined", "unknown"])
def test_a_reason_instead_of_a_value_is_contact_without_a_reading_fhir_17(reason: str) -> None:
    parsed = accepted(observation(valueQuantity=None, dataAbsentReason=absent(reason)))

    one = only(parsed)
    assert (one.value, one.quality, one.reason) == (None, Q.ABSENT, reason)
    assert parsed.contact


def test_a_value_beside_a_reason_is_kept_on_a_component_and_its_sibling_read_fhir_17() -> None:
    both = half("8480-6", 132) | {"dataAbsentReason": absent()}

    assert qualities(pressure(both, DIASTOLIC)) == {
        V.SYSTOLIC_BP: Q.MEANING_UNSURE,
        V.DIASTOLIC_BP: Q.SCORED,
    }


@pytest.mark.parametrize(
    ("loinc", "value", "code"),
    [("8867-4", 900, "/min"), ("8310-5", 45, "Cel"), ("29463-7", -1, "kg"), ("59408-5", 0, "%")],
)
def test_an_implausible_value_is_kept_with_a_warning(loinc: str, value: int, code: str) -> None:
    parsed = accepted(observation(loinc, valueQuantity=quantity(value, code)))

    assert only(parsed).quality is Q.IMPLAUSIBLE
    assert only(parsed).value == value
    assert "please repeat" in warned(parsed)


@pytest.mark.parametrize(
    ("text", "quality", "comparator", "value"),
    [
        ("LO", Q.BOUND, "<", 20),
        ("High", Q.BOUND, ">", 600),
        ("hungry", Q.MEANING_UNSURE, "", None),
    ],
)
def test_a_meters_low_and_high_are_bounds_at_the_ends_of_what_meters_show(
    text: str, quality: Quality, comparator: str, value: float | None
) -> None:
    said = observation("41653-7", valueQuantity=None, valueString=text)

    one = only(accepted(said))

    assert (one.quality, one.comparator, one.value) == (quality, comparator, value)


def test_low_and_high_are_known_for_glucose_only() -> None:
    said = observation(valueQuantity=None, valueString="LO")

    assert only(accepted(said)).quality is Q.MEANING_UNSURE


def test_the_unit_of_glucose_decides_over_its_loinc() -> None:
    moles_code = observation("15074-8", valueQuantity=quantity(120, "mg/dL"))

    parsed = accepted(moles_code)

    assert (only(parsed).value, only(parsed).quality) == (120.0, Q.SCORED)
    assert "mass or moles" in warned(parsed)
    assert refused(observation("15074-8", valueQuantity=quantity(5, "mg/g{Cr}"))).status == 422


PERIODS = [
    ("8867-4", quantity(72, "/min"), {"start": "2026-05-04T08:00:00Z"}, Q.TIME_UNSURE),
    ("8867-4", quantity(72, "/min"), {"start": "2026-05-04", "end": "2026-05-06"}, Q.TIME_UNSURE),
    ("8867-4", quantity(72, "/min"), {"start": "2026-05-04", "end": "2026-05-04"}, Q.SCORED),
    (
        "41950-7",
        quantity(4000, "{steps}/d"),
        {"start": "2026-05-04", "end": "2026-05-05"},
        Q.SCORED,
    ),
    (
        "41950-7",
        quantity(9000, "{steps}/d"),
        {"start": "2026-05-04", "end": "2026-05-09"},
        Q.TIME_UNSURE,
    ),
    ("55423-8", quantity(4000, "{steps}"), {"start": "2026-05-04", "end": "2026-05-04"}, Q.SCORED),
    (
        "55423-8",
        quantity(40, "{steps}"),
        {"start": "2026-05-04T08:00:00Z", "end": "2026-05-04T09:00:00Z"},
        Q.MEANING_UNSURE,
    ),
]


@pytest.mark.parametrize(("loinc", "value", "period", "quality"), PERIODS)
def test_a_period_is_scored_only_where_it_fits_the_measurement_fhir_13(
    loinc: str, value: dict[str, Any], period: dict[str, str], quality: Quality
) -> None:
    body = observation(loinc, valueQuantity=value, effectiveDateTime=None, effectivePeriod=period)

    assert only(accepted(body)).quality is quality


def test_a_timing_is_kept_fhir_13() -> None:
    body = observation(effectiveDateTime=None, effectiveTiming={"event": ["2026-05-04"]})

    assert only(accepted(body)).quality is Q.TIME_UNSURE


def test_a_stream_under_a_known_code_is_kept_and_never_scored_fhir_21() -> None:
    stream = {"origin": {"value": 0}, "period": 1000, "dimensions": 1, "data": "97 97 96"}

    body = observation("59408-5", valueQuantity=None, valueSampledData=stream)

    parsed = accepted(body)
    assert only(parsed).quality is Q.MEANING_UNSURE
    assert only(parsed).value is None
    [told] = parsed.warnings
    assert (told.severity, told.expression) == ("warning", "Observation")
    assert told.text == f"a stream of samples: send its mean, or each reading, as a Quantity{KEPT}"
