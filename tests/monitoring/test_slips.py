"""Slips of unit and of a device's clock: found by the rulebook in force, and nothing mended."""

from __future__ import annotations

from dataclasses import replace
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
    usual = daily(V.BODY_WEIGHT, [82.0] * 6, first_day=24)

    found = judged(person, usual, taken(V.BODY_WEIGHT, 180.8), rulebook=rulebook)

    assert "DQ-UNIT" not in {each.rule_id for each in found}


def ahead(by: timedelta, *, device: str = "cuff", received: datetime = NOW) -> Reading:
    return Reading(
        f"{device} {received}",
        V.HEART_RATE,
        180.0,
        received + by,
        received,
        Quality.FUTURE,
        device=device,
    )


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (timedelta(minutes=6), "runs 6 minutes ahead"),
        (timedelta(hours=5), "runs 5 hours ahead"),
        (timedelta(days=2), "runs 2 days ahead"),
        (timedelta(days=3650), "runs 3,650 days ahead"),
    ],
)
def test_a_clock_in_the_future_is_a_finding_of_data_quality_and_nothing_else_rel_21(
    person: Person, rulebook: Rulebook, by: timedelta, words: str
) -> None:
    found = judged(person, [], ahead(by), rulebook=rulebook)

    (one,) = found
    assert (one.rule_id, one.severity, one.problem) == ("DQ-CLOCK", Severity.DQ, Problem.DEVICE)
    assert one.at == NOW
    assert words in clinician(one)


def test_a_wrong_clock_is_told_once_a_day_and_device_rel_21(
    person: Person, rulebook: Rulebook
) -> None:
    minutes = [timedelta(minutes=n) for n in range(0, 50, 10)]
    cuff = [ahead(timedelta(days=2), received=NOW - by) for by in minutes]
    scale = ahead(timedelta(days=1), device="scale", received=NOW - timedelta(minutes=5))
    yesterday = ahead(timedelta(days=2), received=NOW - timedelta(days=1))

    found = judged(person, [yesterday], *cuff, scale, rulebook=rulebook)

    assert [each.at for each in found if each.rule_id == "DQ-CLOCK"] == [
        NOW - minutes[-1],
        scale.received,
    ]


def test_what_arrived_later_is_not_known_of_rel_21(person: Person) -> None:
    past = windows.history(person, [ahead(timedelta(days=2))])

    assert windows.cut(past, NOW.timestamp() - 1).ahead == ()
    assert len(windows.cut(past, NOW.timestamp()).ahead) == 1


def test_a_reading_whose_time_can_be_says_nothing_of_the_clock_rel_21(
    person: Person, rulebook: Rulebook
) -> None:
    fine = replace(ahead(timedelta(minutes=4)), quality=Quality.SCORED, value=70.0)

    assert judged(person, [], fine, rulebook=rulebook) == ()
