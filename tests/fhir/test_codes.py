from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from core.vitals import MEASURES, Vital
from fhir.codes import (
    GLUCOSE_MOLES,
    HOME,
    LOINC_VITALS,
    PANELS,
    SNOMED_VITALS,
    Use,
    codings,
    meaning,
)
from tests.fhir.payloads import LOINC, MDC, SNOMED

if TYPE_CHECKING:
    from pathlib import Path

V = Vital
LOINCS = sorted({*LOINC_VITALS, *GLUCOSE_MOLES, *(c for s, c in PANELS if s == LOINC)})
SNOMEDS = sorted({*SNOMED_VITALS, *(c for s, c in PANELS if s == SNOMED)})
# The dihedral group behind Verhoeff's check digit, which every SNOMED CT id ends with.
MULTIPLY = [
    [(i + j) % 5 if j < 5 else (i + j) % 5 + 5 for j in range(10)]
    if i < 5
    else [(i - j) % 5 + 5 if j < 5 else (i - j) % 5 for j in range(10)]
    for i in range(10)
]
ROTATE = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def luhn(body: str) -> int:
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body))]
    return -sum(d // 10 + d % 10 for d in doubled) % 10


def verhoeff(code: str) -> int:
    check = 0
    for index, digit in enumerate(reversed(code)):
        turned = int(digit)
        for _ in range(index % 8):
            turned = ROTATE[turned]
        check = MULTIPLY[check][turned]
    return check


@pytest.mark.parametrize("code", LOINCS)
def test_every_loinc_has_its_check_digit(code: str) -> None:
    body, digit = code.split("-")

    assert luhn(body) == int(digit)


@pytest.mark.parametrize("code", SNOMEDS)
def test_every_snomed_code_has_its_check_digit(code: str) -> None:
    assert verhoeff(code) == 0


MEANINGS = [
    ([(LOINC, "8867-4")], V.HEART_RATE),
    ([(LOINC, "59408-5"), (LOINC, "2708-6")], V.SPO2),
    ([(LOINC, "29463-7"), (LOINC, "3141-9"), (SNOMED, "27113001")], V.BODY_WEIGHT),
    ([(LOINC, "8310-5"), (LOINC, "8331-1")], V.BODY_TEMPERATURE),
    ([(LOINC, "8867-4"), (LOINC, "40443-4")], V.RESTING_HEART_RATE),
    ([(MDC, "150456")], V.SPO2),
    ([(SNOMED, "364075005")], V.HEART_RATE),
    ([("urn:vendor", "pulse"), (LOINC, "8867-4")], V.HEART_RATE),
    ([(HOME, "home-motion-count")], V.MOTION),
]


@pytest.mark.parametrize(("pairs", "vital"), MEANINGS)
def test_several_codings_of_one_measurement_are_one_reading_fhir_15(
    pairs: list[tuple[str, str]], vital: Vital
) -> None:
    named = meaning(pairs)

    assert (named.vital, named.agreed, named.use) == (vital, True, Use.READ)


@pytest.mark.parametrize(
    "pairs",
    [
        [(LOINC, "8867-4"), (LOINC, "9279-1")],
        [(LOINC, "8310-5"), (LOINC, "39106-0")],
        [(LOINC, "8867-4"), (SNOMED, "86290005")],
        [(LOINC, "8873-2"), (SNOMED, "364075005")],
        [(LOINC, "85354-9"), (LOINC, "8480-6")],
    ],
)
def test_codings_of_different_measurements_do_not_agree_fhir_15(
    pairs: list[tuple[str, str]],
) -> None:
    assert not meaning(pairs).agreed
    assert meaning(pairs) == meaning(pairs[::-1])


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        [(LOINC, "718-7")],
        [("", "8867-4")],
        [("http://loinc.org/", "8867-4")],
        [(MDC, "8867-4")],
    ],
)
def test_a_code_outside_the_tables_is_not_monitored_fhir_15(pairs: list[tuple[str, str]]) -> None:
    assert not meaning(pairs).known


def test_stated_weight_is_kept_and_interval_steps_marked() -> None:
    uses = [meaning([(LOINC, code)]).use for code in ("3142-7", "55423-8")]

    assert uses == [Use.KEEP, Use.INTERVAL]


def test_a_standing_pressure_is_a_measurement_of_its_own() -> None:
    vitals = [meaning([(LOINC, code)]).vital for code in ("8460-8", "8454-1", "8461-6")]

    assert vitals == [
        Vital.STANDING_SYSTOLIC_BP,
        Vital.STANDING_DIASTOLIC_BP,
        Vital.SYSTOLIC_BP,  # lying: a pressure at rest
    ]


def test_codings_without_a_code_are_left_out() -> None:
    assert codings({"coding": [{"display": "x"}, {"code": "a"}]}) == (("", "a"),)
    assert codings(None) == ()


@pytest.mark.reference
def test_the_tables_read_what_the_clinicians_table_lists(reference_data: Path) -> None:
    table = reference_data.parent / "clinical" / "measurements.csv"
    if not table.is_file():
        pytest.skip("the clinicians' table is not beside the reference data")
    with table.open(encoding="utf-8", newline="") as rows:
        listed = {row["loinc"]: row for row in csv.DictReader(rows)}

    for code, vital in LOINC_VITALS.items():
        if code in listed and vital is not V.GLUCOSE:
            row, measure = listed[code], MEASURES[vital]
            assert float(row["plausible_low"]) == measure.low, code
            assert float(row["plausible_high"]) == measure.high, code
    glucose = listed["41653-7"]
    assert float(glucose["plausible_high"]) == MEASURES[V.GLUCOSE].high
