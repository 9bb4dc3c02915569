"""What is asked for on a patient's page, what can be typed, and which answers cannot wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.answering.forms import Fault, alarming, canonical, fill, measurings
from core.vitals import MEASURES, Vital
from fhir.self_reported import CODES, Typed
from monitoring.findings import Ask
from monitoring.service import load_rulebook

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def ask(vital: Vital) -> Ask:
    return Ask(vital, "r", "R", NOW, NOW + timedelta(minutes=30), critical=False, tip="Again.")


WEIGHT = measurings([ask(Vital.BODY_WEIGHT)])[0].fields
PRESSURE = measurings([ask(Vital.SYSTOLIC_BP)])[0].fields


def test_both_pressures_are_one_measurement_al_20() -> None:
    (one,) = measurings([ask(Vital.DIASTOLIC_BP), ask(Vital.SYSTOLIC_BP)])

    assert [each.vital for each in one.fields] == [Vital.SYSTOLIC_BP, Vital.DIASTOLIC_BP]


def test_what_nobody_can_read_off_a_device_has_a_tip_and_no_field() -> None:
    (one,) = measurings([ask(Vital.MOTION)])

    assert one.fields == ()
    assert one.asks[0].tip == "Again."


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("61.5", "kg", 61.5),
        ("61,5", "kg", 61.5),
        (" 61 ", "kg", 61.0),
        ("135.6", "[lb_av]", 61.507),
    ],
)
def test_a_weight_is_read_as_people_write_it(text: str, unit: str, value: float) -> None:
    filled = fill(WEIGHT, {"body_weight": text, "body_weight_unit": unit}, sure=False)

    assert filled.faults == {}
    assert canonical(filled.typed[Vital.BODY_WEIGHT]) == pytest.approx(value, abs=0.001)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("sixty", Fault.NO_NUMBER),
        ("-61", Fault.NO_NUMBER),
        ("61.555", Fault.NO_NUMBER),
        ("1e3", Fault.NO_NUMBER),
        ("615", Fault.UNLIKELY),
        ("6.1", Fault.UNLIKELY),
    ],
)
def test_what_cannot_be_a_weight_is_asked_about_with_its_reason(text: str, fault: Fault) -> None:
    filled = fill(WEIGHT, {"body_weight": text}, sure=False)

    assert filled.faults == {"body_weight": fault}
    assert filled.typed == {}


def test_an_unusual_number_is_taken_once_it_was_checked() -> None:
    assert fill(WEIGHT, {"body_weight": "320"}, sure=True).typed[Vital.BODY_WEIGHT].text == "320"


@pytest.mark.parametrize(
    ("upper", "lower", "faults"),
    [
        ("130", "80", {}),
        ("80", "130", {"systolic_bp": Fault.ORDER}),
        ("130", "", {"diastolic_bp": Fault.MISSING}),
        ("", "80", {"systolic_bp": Fault.MISSING}),
        ("", "", {}),
    ],
)
def test_two_pressures_belong_together(upper: str, lower: str, faults: dict[str, Fault]) -> None:
    said = {"systolic_bp": upper, "diastolic_bp": lower}

    assert fill(PRESSURE, said, sure=False).faults == faults


@given(st.text(max_size=8), st.sampled_from(["kg", "[lb_av]", "g", ""]))
def test_whatever_is_typed_is_a_number_or_a_fault(text: str, unit: str) -> None:
    filled = fill(WEIGHT, {"body_weight": text, "body_weight_unit": unit}, sure=False)

    assert bool(filled.typed) + bool(filled.faults) == bool(text.strip())
    for each in filled.typed.values():
        assert MEASURES[each.vital].low <= canonical(each) <= MEASURES[each.vital].high


@pytest.mark.parametrize(
    ("vital", "text", "unit", "yes", "scale_two", "expected"),
    [
        (Vital.SPO2, "88", "%", (), False, True),
        (Vital.SPO2, "88", "%", (), True, False),
        (Vital.SPO2, "83", "%", (), True, True),
        (Vital.SPO2, "95", "%", (), False, False),
        (Vital.GLUCOSE, "2.9", "mmol/L", (), False, True),
        (Vital.GLUCOSE, "6.0", "mmol/L", (), False, False),
        (Vital.BODY_TEMPERATURE, "103", "[degF]", (), False, True),
        (Vital.BODY_TEMPERATURE, "98.6", "[degF]", (), False, False),
        (Vital.SPO2, "95", "%", ("new-confusion",), False, True),
        (Vital.SPO2, "95", "%", ("breathless-at-rest",), False, True),
        (Vital.SPO2, "95", "%", ("breathless-lying-flat", "poor-intake"), False, False),
    ],
)
def test_an_answer_that_cannot_wait_is_known_at_once(
    vital: Vital,
    text: str,
    unit: str,
    yes: tuple[str, ...],
    *,
    scale_two: bool,
    expected: bool,
) -> None:
    assert alarming([Typed(vital, text, unit)], yes, scale_two=scale_two) is expected


def test_every_measurement_that_a_rule_has_a_tip_for_can_be_typed() -> None:
    tips = {vital for tip in load_rulebook().asking.tips for vital in tip.vitals}

    assert tips <= set(CODES)
