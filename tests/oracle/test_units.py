"""Our table of units before NLM's UCUM library: the same factors, the same idea of a valid code."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.vitals import MEASURES, Vital
from fhir.units import TABLE, dimension_of
from tests.oracle.panel import GLUCOSE, conversions

VALUES = (1.0, 36.6, 98.6, 137.25)
# A count without a unit and a count a day are taken as one: a declared reading of the device's
# total, not a conversion that UCUM knows.
COUNTS = {Vital.STEPS, Vital.MOTION, Vital.OUTER_DOOR, Vital.BATHROOM, Vital.NIGHT_BATHROOM}
ROWS = [
    (vital, code, value)
    for vital, codes in TABLE.items()
    if vital not in COUNTS
    for code in codes
    for value in VALUES
]
INVALID = ("bpm", "mmHg", "beats/min", "BPM", "degF", "[count]", "lbs", "pounds", "°C", "")
VALID_ELSEWHERE = ("C", "F", "l/min", "mg/g{Cr}", "kg", "J", "mmol/mol")


def test_every_conversion_is_that_of_an_independent_library_fhir_19() -> None:
    asked = [(code, MEASURES[vital].unit, value) for vital, code, value in ROWS]
    theirs = conversions(asked, molar=GLUCOSE)

    for (vital, code, value), answer in zip(ROWS, theirs, strict=True):
        ours = float(TABLE[vital][code](Decimal(str(value))))
        # Declared are 7.50062 and 18.0156 (`fhir.md` section 5): rounded in the sixth digit.
        assert ours == pytest.approx(answer["value"], rel=3e-6), (vital, code, value)


def test_every_listed_code_is_ucum_fhir_19() -> None:
    codes = sorted({code for codes in TABLE.values() for code in codes})
    answers = conversions([(code, code, 1.0) for code in codes])

    for code, answer in zip(codes, answers, strict=True):
        assert answer["valid"], code
        assert dimension_of(code) is not None, code


def test_what_is_refused_as_no_ucum_is_none_fhir_19() -> None:
    answers = conversions([(code, "1", 1.0) for code in INVALID if code])

    assert not any(answer["valid"] for answer in answers)
    assert all(dimension_of(code) is None for code in INVALID)


def test_what_is_refused_for_its_dimension_is_ucum_fhir_19() -> None:
    answers = conversions([(code, "1", 1.0) for code in VALID_ELSEWHERE])

    assert all(answer["valid"] for answer in answers)
    assert all(dimension_of(code) is not None for code in VALID_ELSEWHERE)
