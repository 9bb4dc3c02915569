"""The key number of a finding has its unit in Korean as in English, also where it is a bound."""

from __future__ import annotations

import re

import pytest

from monitoring import words
from monitoring.phrases import Number, Phrase
from tests.monitoring.test_korean import PAIRS

UNITS = {"%": "%", "/min": "회/분", "mmHg": "mmHg", "kg": "kg", "mg/dL": "mg/dL", "°C": "°C"}
VALUE = re.compile(r"\{value\} (%|/min|mmHg|kg|mg/dL|°C)")
HIGH = "Glucose {value} mg/dL, RED limit {limit} mg/dL or more"
LOW = "Glucose {value} mg/dL, RED limit below {limit} mg/dL"


def test_the_number_of_a_chart_keeps_its_unit_ux_17() -> None:
    charted = [(e, k, UNITS[unit]) for e, k in PAIRS for unit in VALUE.findall(e)[:1]]
    to_clinicians = [(e, k, unit) for e, k, unit in charted if not e.startswith("Your ")]

    assert len(to_clinicians) > 30
    assert [k for _, k, unit in to_clinicians if f"{{value}}{unit}" not in k] == []


@pytest.mark.parametrize(
    ("said", "value", "limit", "korean"),
    [
        (HIGH, Number(412), 400, "혈당 412mg/dL(적색 기준 400mg/dL 이상)"),
        (
            HIGH,
            Phrase("above {value}", {"value": Number(600)}),
            400,
            "혈당 600mg/dL 초과(적색 기준 400mg/dL 이상)",
        ),
        (
            LOW,
            Phrase("below {value}", {"value": Number(20)}),
            54,
            "혈당 20mg/dL 미만(적색 기준 54mg/dL 미만)",
        ),
    ],
)
def test_the_word_of_a_bound_stands_behind_the_unit_fhir_18(
    said: str, value: Number | Phrase, limit: int, korean: str
) -> None:
    """A meter that showed HI or LO: never `600 초과mg/dL`."""
    assert words.text(said, "ko", value=value, limit=Number(limit)) == korean


def test_in_english_a_bound_stands_before_its_number() -> None:
    above = Phrase("above {value}", {"value": Number(600)})

    said = words.text(HIGH, value=above, limit=Number(400))

    assert said == "Glucose above 600 mg/dL, RED limit 400 mg/dL or more"
